namespace Penstock.Timing;

/// <summary>
/// Wakes a loop when a virtual clock reaches its deadline: a driver waits in real time, in which a virtual clock does not
/// move by itself.
/// </summary>
internal sealed class VirtualAlarm(LoopClock clock, Action wake) : IDisposable
{
    private readonly ITimer _timer = clock.Provider.CreateTimer(
        static wake => ((Action)wake!)(), wake, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Set(long deadline)
    {
        if (deadline == LoopClock.Never)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        TimeSpan remaining = clock.Provider.GetElapsedTime(clock.Now, deadline);
        _timer.Change(remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();
}
