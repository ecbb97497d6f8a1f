namespace Penstock.Tests;

/// <summary>The clock that the virtual-time tests stand on.</summary>
public sealed class ManualTimeProviderTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void Time_stands_still_until_it_is_advanced()
    {
        long start = _clock.GetTimestamp();
        Assert.Equal(start, _clock.GetTimestamp());
        _clock.Advance(TimeSpan.FromMilliseconds(3));
        Assert.Equal(TimeSpan.FromMilliseconds(3), _clock.GetElapsedTime(start));
    }

    [Fact]
    public void Timers_fire_in_the_order_of_their_due_times_and_see_them()
    {
        long start = _clock.GetTimestamp();
        List<(string, double)> fired = [];
        using ITimer late = Timer("late", 20);
        using ITimer early = Timer("early", 10);
        using ITimer never = Timer("never", 31);
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal([("early", 10), ("late", 20)], fired);

        ITimer Timer(string name, int seconds) => _clock.CreateTimer(
            _ => fired.Add((name, _clock.GetElapsedTime(start).TotalSeconds)),
            null,
            TimeSpan.FromSeconds(seconds),
            Timeout.InfiniteTimeSpan);
    }

    [Fact]
    public void A_periodic_timer_fires_once_a_period_until_it_is_disposed()
    {
        int count = 0;
        using (_clock.CreateTimer(_ => count++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)))
            _clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(3, count);
        _clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(3, count);
    }

    [Fact]
    public void A_timer_that_is_due_at_once_needs_no_advance_and_fires_once()
    {
        int count = 0;
        using ITimer timer = _clock.CreateTimer(_ => count++, null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        Assert.Equal(1, count);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, count);
    }

    [Fact]
    public async Task A_delay_completes_when_the_clock_has_passed_it()
    {
        Task delay = Task.Delay(TimeSpan.FromSeconds(5), _clock, TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.False(delay.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await delay.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
    }
}
