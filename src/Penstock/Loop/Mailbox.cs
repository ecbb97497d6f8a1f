namespace Penstock.Loop;

/// <summary>
/// Work for a loop from any thread. However much is posted, at most one wake is pending. Posting allocates nothing in
/// the steady state when the callback is a static one.
/// </summary>
/// <remarks>
/// A lock held for a list append was preferred to a lock-free queue: it is never held while anything else runs, and the
/// loop takes a whole batch for one acquisition.
/// </remarks>
internal sealed class Mailbox(Action wake)
{
    /// <summary>Items run in one turn, so that a flood of posts cannot stop the connections.</summary>
    private const int MaxItemsPerTurn = 1_024;

    private readonly Lock _gate = new();
    private List<Item> _posted = [];
    private List<Item> _draining = [];
    private int _nextToDrain;
    private bool _closed;
    private int _wakePending;

    /// <summary>Whether <see cref="Drain"/> has something to do, so that a loop does not wait.</summary>
    public bool HasWork => _nextToDrain < _draining.Count || Volatile.Read(ref _wakePending) != 0;

    /// <summary>Whether posts are refused. Any thread.</summary>
    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>
    /// Runs <paramref name="callback"/> on the loop. Returns false, and drops it, when the loop has ended.
    /// </summary>
    public bool Post(Action<object?, long> callback, object? state, long argument = 0)
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            _posted.Add(new Item(callback, state, argument));
        }

        if (Interlocked.Exchange(ref _wakePending, 1) == 0)
            wake();
        return true;
    }

    /// <summary>Runs what was posted, oldest first, up to a bound. Loop thread only.</summary>
    public void Drain()
    {
        if (!HasWork)
            return;
        if (_nextToDrain == _draining.Count)
            TakePosted();

        int end = Math.Min(_draining.Count, _nextToDrain + MaxItemsPerTurn);
        while (_nextToDrain < end)
        {
            Item item = _draining[_nextToDrain++];
            item.Callback(item.State, item.Argument);
        }

        if (_nextToDrain == _draining.Count)
            ForgetDrained();
    }

    /// <summary>
    /// Refuses further posts and runs what is still there, so that nobody waits for an answer in vain.
    /// </summary>
    public void Close()
    {
        lock (_gate)
        {
            // Raised here as well: a post may have added its item already and not yet said so.
            _closed = true;
            Volatile.Write(ref _wakePending, 1);
        }

        while (HasWork)
            Drain();
    }

    private void TakePosted()
    {
        // The flag goes down before the list is taken: a post that comes in between wakes the loop once for nothing,
        // where the other order would leave it waiting.
        Volatile.Write(ref _wakePending, 0);
        lock (_gate)
            (_posted, _draining) = (_draining, _posted);
    }

    /// <summary>What was run must not keep its state alive until the next post.</summary>
    private void ForgetDrained()
    {
        _draining.Clear();
        _nextToDrain = 0;
    }

    private readonly record struct Item(Action<object?, long> Callback, object? State, long Argument);
}
