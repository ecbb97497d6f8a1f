using Penstock.Timing;

namespace Penstock.Tests.Timing;

public sealed class LoopTimersTests
{
    private const int FirstEntry = 10;

    private readonly ManualTimeProvider _time = new();
    private readonly LoopClock _clock;
    private readonly DeadlineQueue _deadlines;
    private readonly LoopTimers _timers;

    public LoopTimersTests()
    {
        _clock = new LoopClock(_time);
        _deadlines = new DeadlineQueue(_clock, FirstEntry + LoopTimers.MaxTimers);
        _timers = new LoopTimers(_deadlines, FirstEntry);
    }

    [Fact]
    public void A_timer_beats_once_a_period_from_its_start()
    {
        int beats = 0;
        _timers.Start(TimeSpan.FromSeconds(2), () => beats++, _clock.Now);
        int[] counts = [.. Enumerable.Range(0, 6).Select(_ => AdvanceAndCount(1))];
        Assert.Equal([0, 1, 1, 2, 2, 3], counts);

        int AdvanceAndCount(int seconds)
        {
            Advance(seconds);
            return beats;
        }
    }

    [Fact]
    public void A_late_loop_skips_beats()
    {
        int beats = 0;
        _timers.Start(TimeSpan.FromSeconds(1), () => beats++, _clock.Now);
        Advance(100);
        Assert.Equal(1, beats);
        Advance(1);
        Assert.Equal(2, beats);
    }

    [Fact]
    public void A_stopped_timer_is_silent_and_its_place_is_free_again()
    {
        int beats = 0;
        for (int i = 0; i < 3 * LoopTimers.MaxTimers; i++)
        {
            LoopTimers.Timer timer = _timers.Start(TimeSpan.FromSeconds(1), () => beats++, _clock.Now);
            _timers.Stop(timer);
        }

        Advance(5);
        Assert.Equal(0, beats);
        Assert.Equal(LoopClock.Never, _deadlines.Next);
    }

    [Fact]
    public void A_timer_may_stop_itself_in_its_callback()
    {
        int beats = 0;
        LoopTimers.Timer? timer = null;
        timer = _timers.Start(
            TimeSpan.FromSeconds(1),
            () =>
            {
                beats++;
                _timers.Stop(timer!);
            },
            _clock.Now);
        Advance(1);
        Advance(1);
        Assert.Equal(1, beats);
    }

    [Fact]
    public void A_timer_that_has_ended_does_not_take_the_next_one_at_its_place_along()
    {
        int beats = 0;
        LoopTimers.Timer first = _timers.Start(TimeSpan.FromSeconds(1), () => { }, _clock.Now);
        _timers.Stop(first);
        _timers.Start(TimeSpan.FromSeconds(1), () => beats++, _clock.Now);
        _timers.Stop(first);
        Advance(1);
        Assert.Equal(1, beats);
    }

    [Fact]
    public void More_timers_than_there_are_places_is_refused_by_number()
    {
        for (int i = 0; i < LoopTimers.MaxTimers; i++)
            _timers.Start(TimeSpan.FromSeconds(1), () => { }, _clock.Now);
        var refused = Assert.Throws<InvalidOperationException>(
            () => _timers.Start(TimeSpan.FromSeconds(1), () => { }, _clock.Now));
        Assert.Contains($"{LoopTimers.MaxTimers}", refused.Message, StringComparison.Ordinal);
    }

    private void Advance(int seconds)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        while (_deadlines.TryTakeExpired(_clock.Now, out int entry))
            _timers.Renew(entry, _clock.Now)?.Callback();
    }
}
