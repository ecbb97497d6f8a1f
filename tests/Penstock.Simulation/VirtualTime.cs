namespace Penstock.Simulation;

/// <summary>A clock that moves only when it is told to, in ticks of 100 ns. It never goes back.</summary>
internal sealed class VirtualTime : TimeProvider
{
    public const long Microsecond = TimeSpan.TicksPerMicrosecond;
    public const long Millisecond = TimeSpan.TicksPerMillisecond;
    public const long Second = TimeSpan.TicksPerSecond;

    public long Now { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(Now);

    public void AdvanceTo(long time) => Now = Math.Max(Now, time);
}
