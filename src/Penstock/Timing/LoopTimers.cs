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
    /// too many is its maker's error, who is told at once.
    /// </summary>
    public void Reserve()
    {
        if (Interlocked.Increment(ref _reserved) <= MaxTimers)
            return;
        Interlocked.Decrement(ref _reserved);
        throw new InvalidOperationException($"A loop runs at most {MaxTimers} timers.");
    }

    /// <summary>Starts a timer; the first call comes one period after <paramref name="now"/>.</summary>
    public Timer Start(TimeSpan period, Action callback, long now)
    {
        int place = Array.IndexOf(_timers, null);
        if (place < 0)
            throw new InvalidOperationException($"A loop runs at most {MaxTimers} timers.");
        var timer = new Timer(place, deadlines.GetList(period), callback);
        _timers[place] = timer;
        deadlines.Set(firstEntry + place, timer.Period, now);
        return timer;
    }

    /// <summary>Ends a timer and gives its place back; nothing when it has ended.</summary>
    public void Stop(Timer timer)
    {
        if (!ReferenceEquals(_timers[timer.Place], timer))
            return;
        deadlines.Cancel(firstEntry + timer.Place);
        _timers[timer.Place] = null;
        Interlocked.Decrement(ref _reserved);
    }

    /// <summary>
    /// Sets the timer behind an expired entry again and returns it, to be called; a late loop skips beats rather than
    /// catch up.
    /// </summary>
    public Timer? Renew(int entry, long now)
    {
        if (_timers[entry - firstEntry] is not { } timer)
            return null;
        deadlines.Set(entry, timer.Period, now);
        return timer;
    }

    /// <summary>A timer that runs, or has ended.</summary>
    internal sealed record Timer(int Place, DeadlineList Period, Action Callback);
}
