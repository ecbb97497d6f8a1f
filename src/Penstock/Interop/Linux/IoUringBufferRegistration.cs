using System.Runtime.InteropServices;

namespace Penstock.Interop.Linux;

/// <summary><c>struct io_uring_buf_reg</c>: registers a ring of provided buffers.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoUringBufferRegistration
{
    internal ulong RingAddress;
    internal uint RingEntries;
    internal ushort Group;
    internal ushort Flags;
    internal fixed ulong Reserved[3];
}
