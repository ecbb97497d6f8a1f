using Penstock.Timing;

namespace Penstock.Tests.Timing;

public sealed class RunningClockTests
{
    [Fact]
    public async Task A_clock_of_ones_own_that_runs_by_itself_rings_its_alarm()
    {
        var clock = new LoopClock(new OwnClock());
        var rung = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var alarm = new VirtualAlarm(clock, () => rung.TrySetResult());
        alarm.Set(clock.Now + clock.ToTimestamps(TimeSpan.FromMilliseconds(5)));
        await rung.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    /// <summary>The system's time by another name, as a program that shifts its wall clock would have it.</summary>
    private sealed class OwnClock : TimeProvider;
}
