namespace Penstock.Drivers;

/// <summary>
/// Completions that are already known and wait for the loop to pull them: a ring that grows to the most that were ever
/// outstanding and then allocates no more. Drivers queue here instead of calling the loop back, so that a send that
/// completes at once cannot recurse into the code that made it.
/// </summary>
internal sealed class CompletionQueue
{
    private Entry[] _entries = new Entry[64];
    private int _head;
    private int _count;

    public bool IsEmpty => _count == 0;

    public void Enqueue(CompletionKind kind, SlotKey slot, int result)
    {
        if (_count == _entries.Length)
            Grow();
        _entries[(_head + _count) & (_entries.Length - 1)] = new Entry(slot, result, kind);
        _count++;
    }

    public bool TryDequeue(out Completion completion)
    {
        if (_count == 0)
        {
            completion = default;
            return false;
        }

        ref Entry entry = ref _entries[_head];
        _head = (_head + 1) & (_entries.Length - 1);
        _count--;
        completion = Completion.Of(entry.Kind, entry.Slot, entry.Result);
        return true;
    }

    private void Grow()
    {
        var larger = new Entry[_entries.Length * 2];
        for (int i = 0; i < _count; i++)
            larger[i] = _entries[(_head + i) & (_entries.Length - 1)];
        _entries = larger;
        _head = 0;
    }

    private readonly record struct Entry(SlotKey Slot, int Result, CompletionKind Kind);
}
