using Penstock.Kestrel.Diagnostics;

namespace Penstock.Kestrel.Tests;

/// <summary>Which call is reported, and when, with a clock that moves when the test says so.</summary>
public sealed class WatchedLoopTests
{
    private static readonly TimeSpan Threshold = TimeSpan.FromMilliseconds(100);

    private readonly SteppedTime _time = new();
    private readonly WatchedLoop<string> _loop;

    public WatchedLoopTests() => _loop = new WatchedLoop<string>(_time);

    [Fact]
    public void A_call_that_lasts_is_reported_once_and_measured_at_its_end()
    {
        _loop.Enter("slow");
        Assert.Null(Look());
        _time.Advance(99);
        Assert.Null(Look());
        _time.Advance(1);
        Assert.Equal("slow", Look());
        _time.Advance(50);
        Assert.Null(Look());
        Assert.Equal(TimeSpan.FromMilliseconds(150), _loop.Leave());
    }

    [Fact]
    public void Many_short_calls_are_not_one_long_one()
    {
        for (int i = 0; i < 10; i++)
        {
            _loop.Enter("quick");
            Assert.Null(Look());
            _time.Advance(60);
            Assert.Null(Look());
            Assert.Null(_loop.Leave());
        }
    }

    [Fact]
    public void What_runs_within_a_call_belongs_to_it()
    {
        _loop.Enter("outer");
        Assert.Null(Look());
        _time.Advance(100);
        _loop.Enter("inner");
        Assert.Null(_loop.Leave());
        Assert.Equal("outer", Look());
        Assert.Equal(TimeSpan.FromMilliseconds(100), _loop.Leave());
    }

    [Fact]
    public void A_call_that_comes_back_while_it_is_reported_does_not_charge_the_next()
    {
        _loop.Enter("slow");
        Assert.Null(Look());
        _time.Advance(100);
        _time.WhenRead = () =>
        {
            Assert.Null(_loop.Leave());
            _loop.Enter("next");
        };
        Look();
        Assert.Null(_loop.Leave());
    }

    [Fact]
    public void The_next_look_is_when_the_call_will_be_over_the_threshold()
    {
        _loop.Enter("slow");
        Assert.Equal(Threshold, WaitAfterLook());
        _time.Advance(70);
        Assert.Equal(TimeSpan.FromMilliseconds(30), WaitAfterLook());
        _time.Advance(30);
        Assert.Equal("slow", Look());
    }

    private string? Look() => _loop.LookFor(Threshold, out _, out _);

    private TimeSpan WaitAfterLook()
    {
        Assert.Null(_loop.LookFor(Threshold, out _, out TimeSpan wait));
        return wait;
    }

    private sealed class SteppedTime : TimeProvider
    {
        private long _now = 1;

        /// <summary>Done once, in the middle of whatever reads the clock next.</summary>
        public Action? WhenRead { get; set; }

        public override long TimestampFrequency => 1_000;

        public void Advance(int milliseconds) => _now += milliseconds;

        public override long GetTimestamp()
        {
            (Action? action, WhenRead) = (WhenRead, null);
            action?.Invoke();
            return _now;
        }
    }
}
