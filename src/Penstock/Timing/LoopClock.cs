namespace Penstock.Timing;

/// <summary>
/// A <see cref="TimeProvider"/> in the unit that deadlines are kept in: its timestamps. Everything in a loop that
/// depends on time reads this clock, so that time can be virtual.
/// </summary>
internal sealed class LoopClock(TimeProvider provider)
{
    /// <summary>A deadline that never comes.</summary>
    public const long Never = long.MaxValue;

    public static LoopClock System { get; } = new(TimeProvider.System);

    public TimeProvider Provider { get; } = provider;

    /// <summary>Whether waiting in real time also waits in this clock's time.</summary>
    public bool IsRealTime => ReferenceEquals(Provider, TimeProvider.System);

    public long Now => Provider.GetTimestamp();

    /// <summary>A duration in timestamps, rounded up; deadlines count from the start of a turn.</summary>
    public long ToTimestamps(TimeSpan duration) =>
        (long)Math.Ceiling(duration.TotalSeconds * Provider.TimestampFrequency);

    /// <summary>
    /// How long to wait in real time for <paramref name="deadline"/>. A virtual clock does not pass while a thread
    /// waits, so then a deadline in the future is no limit at all; whoever moves the clock wakes the loop.
    /// </summary>
    public TimeSpan Until(long deadline)
    {
        if (deadline == Never)
            return Timeout.InfiniteTimeSpan;
        long now = Now;
        if (deadline <= now)
            return TimeSpan.Zero;
        return IsRealTime ? Provider.GetElapsedTime(now, deadline) + TimeSpan.FromTicks(1) : Timeout.InfiniteTimeSpan;
    }
}
