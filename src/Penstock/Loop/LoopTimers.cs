using Penstock.Timing;

namespace Penstock.Loop;

/// <summary>
/// The timers of one loop by the time at which they are due: expiry cycles, sweeps, whatever its owner sets. Loop
/// thread only.
/// </summary>
/// <remarks>
/// Not entries of the <see cref="DeadlineQueue"/>: its lists are one for each duration, of which timers may have any
/// number, and its places are as many as there are slots. A loop has few timers, so O(log n) is nothing.
/// </remarks>
internal sealed class LoopTimers
{
    private readonly SortedSet<LoopTimer> _timers = new(Comparer<LoopTimer>.Create(Compare));
    private long _lastOrder;

    /// <summary>When the first one is due, or <see cref="LoopClock.Never"/>.</summary>
    public long Next { get; private set; } = LoopClock.Never;

    public void Add(LoopTimer timer)
    {
        timer.Order = ++_lastOrder;
        _timers.Add(timer);
        Next = _timers.Min!.Due;
    }

    public void Remove(LoopTimer timer)
    {
        if (_timers.Remove(timer))
            Next = _timers.Min?.Due ?? LoopClock.Never;
    }

    /// <summary>Runs what is due. What is set meanwhile waits for the next turn, so that this has an end.</summary>
    public void RunDue(long now)
    {
        long last = _lastOrder;
        while (Next <= now && _timers.Min is { } timer && timer.Order <= last)
        {
            Remove(timer);
            timer.Run();
        }
    }

    private static int Compare(LoopTimer? one, LoopTimer? other)
    {
        int byTime = one!.Due.CompareTo(other!.Due);
        return byTime != 0 ? byTime : one.Order.CompareTo(other.Order);
    }
}
