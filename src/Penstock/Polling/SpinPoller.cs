using System.Runtime.Versioning;

namespace Penstock.Polling;

/// <summary>
/// Busy-waiting: asks no one, never sleeps, and reports every registration that is not paused as ready for all it is
/// interested in. The caller finds out by trying.
/// </summary>
/// <remarks>
/// It has the lowest latency there is, at the price of a whole processor and one failing read for each idle descriptor
/// in every round: for few and busy descriptors, and for measuring what readiness costs. Timeouts are ignored. Edge is
/// refused, as there is nothing to see an edge with.
/// </remarks>
[UnsupportedOSPlatform("windows")]
public sealed class SpinPoller : Poller
{
    private readonly RegistrationTable _table = new();

    /// <inheritdoc/>
    public override string Name => "busy-wait";

    /// <inheritdoc/>
    public override int Wait(Span<PollEvent> events, TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfZero(events.Length, nameof(events));
        int count = Math.Min(events.Length, _table.ActiveCount);
        for (int i = 0; i < count; i++)
        {
            ref readonly Registration registration = ref _table.Report();
            events[i] = new PollEvent(registration.Key, (Readiness)registration.Interest);
        }
        return count;
    }

    /// <inheritdoc/>
    public override void Add(int descriptor, ulong key, Interest interest, Trigger trigger = Trigger.Level)
    {
        CheckRegistration(key, trigger);
        CheckResult(_table.Add(descriptor, key, interest, trigger), "add", descriptor);
    }

    /// <inheritdoc/>
    public override void Modify(int descriptor, ulong key, Interest interest, Trigger trigger = Trigger.Level)
    {
        CheckRegistration(key, trigger);
        CheckResult(_table.Modify(descriptor, key, interest, trigger), "modify", descriptor);
    }

    /// <inheritdoc/>
    public override void Remove(int descriptor) => CheckResult(_table.Remove(descriptor), "remove", descriptor);

    /// <inheritdoc/>
    public override bool Supports(Trigger trigger) => trigger is Trigger.Level or Trigger.OneShot or Trigger.Dispatch;

    /// <summary>Nothing to do: no wait takes time. What the caller published is visible after the fence.</summary>
    public override void Wake() => Interlocked.MemoryBarrier();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // Holds no descriptor and no memory but the collector's.
    }
}
