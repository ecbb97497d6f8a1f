using Penstock.Timing;

namespace Penstock.Tests.Timing;

public sealed class LoopClockTests
{
    [Fact]
    public void Real_time_waits_until_the_deadline_and_not_a_moment_less()
    {
        LoopClock clock = LoopClock.System;
        long deadline = clock.Now + clock.ToTimestamps(TimeSpan.FromHours(1));
        TimeSpan wait = clock.Until(deadline);
        Assert.InRange(wait, TimeSpan.FromMinutes(59), TimeSpan.FromHours(1) + TimeSpan.FromTicks(1));
        Assert.True(clock.Now + clock.ToTimestamps(wait) >= deadline);
    }

    [Fact]
    public void A_deadline_that_has_passed_does_not_wait_and_none_waits_without_limit()
    {
        var clock = new LoopClock(new ManualTimeProvider());
        Assert.Equal(TimeSpan.Zero, clock.Until(0));
        Assert.Equal(TimeSpan.Zero, clock.Until(clock.Now));
        Assert.Equal(Timeout.InfiniteTimeSpan, clock.Until(LoopClock.Never));
    }

    [Fact]
    public void Virtual_time_is_not_waited_for_in_real_time()
    {
        var clock = new LoopClock(new ManualTimeProvider());
        Assert.False(clock.IsRealTime);
        Assert.Equal(Timeout.InfiniteTimeSpan, clock.Until(clock.Now + 1));
    }

    [Fact]
    public void Durations_are_rounded_up() =>
        Assert.Equal(1, new LoopClock(new ManualTimeProvider()).ToTimestamps(TimeSpan.FromTicks(1)));

    [Fact]
    public void A_virtual_alarm_wakes_when_the_clock_reaches_the_deadline()
    {
        var time = new ManualTimeProvider();
        var clock = new LoopClock(time);
        int wakes = 0;
        using var alarm = new VirtualAlarm(clock, () => wakes++);
        alarm.Set(clock.Now + clock.ToTimestamps(TimeSpan.FromSeconds(2)));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, wakes);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, wakes);

        alarm.Set(LoopClock.Never);
        time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, wakes);
    }
}
