using System.Runtime.InteropServices;

namespace Penstock.Interop.Linux;

/// <summary><c>struct io_uring_buf</c>: one buffer that is provided for receiving.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringBuffer
{
    internal ulong Address;
    internal uint Length;
    internal ushort Id;

    /// <summary>In the first entry of a ring this is the ring's tail, and never the entry's own.</summary>
    internal ushort Tail;
}
