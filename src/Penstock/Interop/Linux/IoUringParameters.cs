using System.Runtime.InteropServices;

namespace Penstock.Interop.Linux;

/// <summary><c>struct io_uring_params</c>: what a ring is asked to be, and what it became.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoUringParameters
{
    internal uint SubmissionEntries;
    internal uint CompletionEntries;
    internal uint Flags;
    internal uint PollThreadProcessor;
    internal uint PollThreadIdle;
    internal uint Features;
    internal uint WorkQueueDescriptor;
    internal fixed uint Reserved[3];
    internal SubmissionOffsets Submission;
    internal CompletionOffsets Completion;

    /// <summary><c>struct io_sqring_offsets</c>: where the parts of the submission ring lie in its mapping.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SubmissionOffsets
    {
        internal uint Head;
        internal uint Tail;
        internal uint RingMask;
        internal uint RingEntries;
        internal uint Flags;
        internal uint Dropped;
        internal uint Array;
        internal uint Reserved1;
        internal ulong UserAddress;
    }

    /// <summary><c>struct io_cqring_offsets</c>: where the parts of the completion ring lie in its mapping.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct CompletionOffsets
    {
        internal uint Head;
        internal uint Tail;
        internal uint RingMask;
        internal uint RingEntries;
        internal uint Overflow;
        internal uint Entries;
        internal uint Flags;
        internal uint Reserved1;
        internal ulong UserAddress;
    }
}
