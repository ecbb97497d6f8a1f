using System.Runtime.InteropServices;

namespace Penstock.Interop.Linux;

/// <summary>
/// <c>struct io_uring_sqe</c>: one operation that is asked for. Its unions appear under their common use.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringSubmission
{
    internal byte Operation;
    internal byte Flags;
    internal ushort OperationOptions;
    internal int Descriptor;
    internal ulong Offset;
    internal ulong Address;
    internal uint Length;
    internal uint OperationFlags;
    internal ulong UserData;
    internal ushort BufferGroup;
    internal ushort Personality;
    internal uint FileIndex;
    internal ulong Address3;
    internal ulong Reserved;
}
