using System.Runtime.InteropServices;

namespace Penstock.Interop.Linux;

/// <summary><c>struct io_uring_cqe</c>: one result of one operation.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct IoUringCompletion
{
    internal readonly ulong UserData;

    /// <summary>What the system call of the same name would have returned, or <c>-errno</c>.</summary>
    internal readonly int Result;

    internal readonly uint Flags;

    /// <summary>The operation goes on: a multishot one that will complete again.</summary>
    internal bool HasMore => (Flags & IoUringAbi.CompletionMore) != 0;

    internal bool HasBuffer => (Flags & IoUringAbi.CompletionBuffer) != 0;

    /// <summary>
    /// The buffer is used up only in part; the next completion that names it continues behind this one.
    /// </summary>
    internal bool HasMoreOfBuffer => (Flags & IoUringAbi.CompletionBufferMore) != 0;

    internal int BufferId => (int)(Flags >> IoUringAbi.CompletionBufferShift);
}
