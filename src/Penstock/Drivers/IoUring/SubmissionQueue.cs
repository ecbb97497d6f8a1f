using System.Diagnostics;
using Penstock.Interop.Linux;

namespace Penstock.Drivers;

/// <summary>
/// The ring's entries that ask the kernel for operations. Filled here, emptied by the kernel within an enter.
/// </summary>
internal sealed unsafe class SubmissionQueue
{
    private readonly uint* _head;
    private readonly uint* _tail;
    private readonly uint* _flags;
    private readonly IoUringSubmission* _entries;
    private readonly uint _mask;

    /// <param name="rings">Where the rings are mapped.</param>
    /// <param name="entries">Where the entries are mapped.</param>
    /// <param name="parameters">As the kernel returned them.</param>
    public SubmissionQueue(byte* rings, byte* entries, in IoUringParameters parameters)
    {
        _head = (uint*)(rings + parameters.Submission.Head);
        _tail = (uint*)(rings + parameters.Submission.Tail);
        _flags = (uint*)(rings + parameters.Submission.Flags);
        _entries = (IoUringSubmission*)entries;
        Capacity = parameters.SubmissionEntries;
        _mask = Capacity - 1;
        Position = *_tail;
        if ((parameters.Flags & IoUringAbi.SetupNoSubmissionArray) == 0)
            FillIndirection((uint*)(rings + parameters.Submission.Array));
    }

    public uint Capacity { get; }

    /// <summary>The number of entries ever added, as a position that wraps around.</summary>
    public uint Position { get; private set; }

    /// <summary>Entries that the kernel has not taken yet.</summary>
    public uint Pending => Position - Volatile.Read(ref *_head);

    /// <summary>Completions that did not fit into their ring wait in the kernel.</summary>
    public bool HasOverflow => (Volatile.Read(ref *_flags) & IoUringAbi.SubmissionOverflow) != 0;

    public bool IsFull => Pending == Capacity;

    /// <summary>Adds an operation to a queue that is not full.</summary>
    public void Add(in IoUringSubmission submission)
    {
        Debug.Assert(!IsFull, "an entry that the kernel has not taken would be overwritten");
        _entries[Position & _mask] = submission;
        Position++;
    }

    /// <summary>Shows the kernel what was added.</summary>
    public void Publish() => Volatile.Write(ref *_tail, Position);

    /// <summary>Whether the kernel has taken the entry that was added at <paramref name="position"/>.</summary>
    public bool HasTaken(uint position) => (int)(Volatile.Read(ref *_head) - position) > 0;

    /// <summary>
    /// Kernels before 6.6 look entries up in a table, which here always says: the entry of the same number.
    /// </summary>
    private void FillIndirection(uint* table)
    {
        for (uint i = 0; i < Capacity; i++)
            table[i] = i;
    }
}
