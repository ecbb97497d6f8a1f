using Penstock.Interop.Linux;

namespace Penstock.Drivers;

/// <summary>
/// The ring's entries that tell what operations did. Filled by the kernel within an enter, emptied here.
/// </summary>
internal sealed unsafe class CompletionRing
{
    private readonly uint* _head;
    private readonly uint* _tail;
    private readonly IoUringCompletion* _entries;
    private readonly uint _mask;

    /// <param name="rings">Where the rings are mapped.</param>
    /// <param name="parameters">As the kernel returned them.</param>
    public CompletionRing(byte* rings, in IoUringParameters parameters)
    {
        _head = (uint*)(rings + parameters.Completion.Head);
        _tail = (uint*)(rings + parameters.Completion.Tail);
        _entries = (IoUringCompletion*)(rings + parameters.Completion.Entries);
        Capacity = parameters.CompletionEntries;
        _mask = Capacity - 1;
        Head = *_head;
    }

    public uint Capacity { get; }

    /// <summary>The position of the next entry to take.</summary>
    public uint Head { get; private set; }

    /// <summary>The position behind the last entry; grows only within an enter.</summary>
    public uint Tail => Volatile.Read(ref *_tail);

    public bool IsEmpty => Head == Tail;

    /// <summary>Looks at an entry between <see cref="Head"/> and <see cref="Tail"/>.</summary>
    public ref readonly IoUringCompletion this[uint position] => ref _entries[position & _mask];

    public bool TryTake(out IoUringCompletion completion)
    {
        if (IsEmpty)
        {
            completion = default;
            return false;
        }

        completion = _entries[Head & _mask];
        Volatile.Write(ref *_head, ++Head);
        return true;
    }
}
