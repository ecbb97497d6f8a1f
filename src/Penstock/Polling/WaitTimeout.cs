namespace Penstock.Polling;

/// <summary>Turns a time span into what <c>epoll_wait</c> and <c>poll</c> take.</summary>
internal static class WaitTimeout
{
    /// <summary>
    /// Whole milliseconds, rounded up: rounding down would end a wait just before its deadline, and the loop would spin
    /// through the rest with timeouts of 0. Spans over 24 days are cut, which the caller's own loop puts right.
    /// </summary>
    internal static int ToMilliseconds(TimeSpan timeout)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
            return -1;
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        long milliseconds = timeout.Ticks / TimeSpan.TicksPerMillisecond;
        if (timeout.Ticks % TimeSpan.TicksPerMillisecond != 0)
            milliseconds++;
        return (int)Math.Min(milliseconds, int.MaxValue);
    }
}
