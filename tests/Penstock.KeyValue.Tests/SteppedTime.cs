namespace Penstock.KeyValue.Tests;

/// <summary>The system's clock, ahead by what the test says. Deadlines of the loops keep the system's time.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private long _aheadTicks;

    public void Step(TimeSpan time) => Interlocked.Add(ref _aheadTicks, time.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Interlocked.Read(ref _aheadTicks));
}
