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
public sealed class SpinPoller : TablePoller
{
    /// <inheritdoc/>
    public override string Name => "busy-wait";

    internal override bool Guesses => true;

    /// <inheritdoc/>
    public override int Wait(Span<PollEvent> events, TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfZero(events.Length, nameof(events));
        int count = Math.Min(events.Length, Table.ActiveCount);
        for (int i = 0; i < count; i++)
        {
            ref readonly Registration registration = ref Table.Report();
            events[i] = new PollEvent(registration.Key, (Readiness)registration.Interest);
        }
        return count;
    }

    /// <summary>Nothing to do: no wait takes time. What the caller published is visible after the fence.</summary>
    public override void Wake() => Interlocked.MemoryBarrier();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // Holds no descriptor and no memory but the collector's.
    }
}
