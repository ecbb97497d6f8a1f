namespace Penstock.Simulation.Tests.Scenarios.Log;

/// <summary>A clock by which intervals only grow, while somebody sets the time of day, also back.</summary>
internal sealed class WallClock : TimeProvider
{
    private long _elapsed;
    private long _ticksAhead;
    private long _peak;

    public TimeSpan Elapsed => TimeSpan.FromTicks(_elapsed);

    /// <summary>Unix time in milliseconds.</summary>
    public long UnixTime => GetUtcNow().ToUnixTimeMilliseconds();

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _elapsed;

    public override DateTimeOffset GetUtcNow() =>
        DateTimeOffset.UnixEpoch.AddDays(1_000).AddTicks(_elapsed + _ticksAhead);

    public void Advance(long ticks) => Move(ref _elapsed, ticks);

    public void Set(long ticks) => Move(ref _ticksAhead, ticks);

    /// <summary>The latest that it has been since this was asked before, in Unix time in milliseconds.</summary>
    public long TakePeak()
    {
        long peak = Math.Max(_peak, UnixTime);
        _peak = UnixTime;
        return peak;
    }

    private void Move(ref long value, long ticks)
    {
        value += ticks;
        _peak = Math.Max(_peak, UnixTime);
    }
}
