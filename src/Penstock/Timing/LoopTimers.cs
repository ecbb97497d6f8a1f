namespace Penstock.Timing;

/// <summary>
/// Work that repeats on one loop: expiry cycles, flushes, clocks for headers. Entries of the loop's deadline queue like
/// any other deadline. Loop thread only.
/// </summary>
internal sealed class LoopTimers(DeadlineQueue deadlines, int firstEntry)
{
    /// <summary>Timers on one loop; they belong to servers, never to connections.</summary>
    public const int MaxTimers = 64;

    private readonly Timer?[] _timers = new Timer?[MaxTimers];
    private int _reserved;

    /// <summary>
    /// Reserves the place that <see cref="Start"/> will take and <see cref="Stop"/> give back. Any thread: one timer
    /// too many is its maker's error, and must not reach the loop, which would end by it.
    /// </summary>
    public void Reserve()
    {
        if (Interlocked.Increment(ref _reserved) <= MaxTimers)
            return;
        Interlocked.Decrement(ref _reserved);
        throw new InvalidOperationException($"A loop runs at most {MaxTimers} timers.");
    }

    /// <summary>Starts a timer; the first call comes one period after <paramref name="now"/>.</summary>
    /// <returns>A number for <see cref="Stop"/>.</returns>
    public int Start(TimeSpan period, Action callback, long now)
    {
        int place = Array.IndexOf(_timers, null);
        if (place < 0)
            throw new InvalidOperationException($"A loop runs at most {MaxTimers} timers.");
        _timers[place] = new Timer(deadlines.GetList(period), callback);
        deadlines.Set(firstEntry + place, _timers[place]!.Period, now);
        return place;
    }

    public void Stop(int timer)
    {
        deadlines.Cancel(firstEntry + timer);
        _timers[timer] = null;
        Interlocked.Decrement(ref _reserved);
    }

    /// <summary>
    /// Runs the timer behind an expired entry and sets it again; a late loop skips beats rather than catch up.
    /// </summary>
    public void OnExpired(int entry, long now)
    {
        if (_timers[entry - firstEntry] is not { } timer)
            return;
        deadlines.Set(entry, timer.Period, now);
        timer.Callback();
    }

    private sealed record Timer(DeadlineList Period, Action Callback);
}
