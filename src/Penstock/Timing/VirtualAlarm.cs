namespace Penstock.Timing;

/// <summary>
/// Wakes a loop when a virtual clock reaches its deadline: a driver waits in real time, in which a virtual clock does
/// not move by itself.
/// </summary>
internal sealed class VirtualAlarm(LoopClock clock, Action wake) : IDisposable
{
    /// <summary>
    /// How far a clock may move while the timer is set. Not nothing: a clock that is not the system's may still run by
    /// itself, and would have moved every time.
    /// </summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(1);

    private readonly ITimer _timer = clock.Provider.CreateTimer(
        static wake => ((Action)wake!)(), wake, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Set(long deadline)
    {
        if (deadline == LoopClock.Never)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        // Whoever moves the clock between its reading and the change would have the timer fire late by as much.
        long now;
        do
        {
            now = clock.Now;
            TimeSpan remaining = clock.Provider.GetElapsedTime(now, deadline);
            _timer.Change(remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
        while (clock.Provider.GetElapsedTime(now) > Tolerance);
    }

    public void Dispose() => _timer.Dispose();
}
