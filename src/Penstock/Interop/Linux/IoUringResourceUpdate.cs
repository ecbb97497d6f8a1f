using System.Runtime.InteropServices;

namespace Penstock.Interop.Linux;

/// <summary><c>struct io_uring_rsrc_update</c>: registers a descriptor, here the ring's own.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringResourceUpdate
{
    /// <summary>The place; the kernel chooses one for <see cref="AnyPlace"/> and writes it here.</summary>
    internal uint Offset;

    internal uint Reserved;
    internal ulong Data;

    internal const uint AnyPlace = uint.MaxValue;
}
