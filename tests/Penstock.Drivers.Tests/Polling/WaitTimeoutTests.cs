using Penstock.Polling;

namespace Penstock.Drivers.Tests.Polling;

public sealed class WaitTimeoutTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(TimeSpan.TicksPerMillisecond, 1)]
    [InlineData(TimeSpan.TicksPerMillisecond + 1, 2)]
    [InlineData(TimeSpan.TicksPerDay * 365, int.MaxValue)]
    [InlineData(long.MaxValue, int.MaxValue)]
    public void Time_is_rounded_up_to_milliseconds(long ticks, int milliseconds) =>
        Assert.Equal(milliseconds, WaitTimeout.ToMilliseconds(TimeSpan.FromTicks(ticks)));

    [Fact]
    public void No_limit_is_minus_one() => Assert.Equal(-1, WaitTimeout.ToMilliseconds(Timeout.InfiniteTimeSpan));

    [Fact]
    public void Negative_time_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => WaitTimeout.ToMilliseconds(TimeSpan.FromTicks(-1)));
}
