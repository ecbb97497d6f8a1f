using System.Runtime.Versioning;
using Penstock.Interop.Posix;

namespace Penstock.Polling;

/// <summary>
/// poll, which every Unix has. The kernel walks all active registrations in every wait, so it costs as much as there
/// are descriptors that are not paused.
/// </summary>
/// <remarks>
/// It knows levels only; the two triggers that report once are made here by leaving the entry out afterwards. Edge is
/// refused: making it would take a state per descriptor that each read and write has to update. See poll(2).
/// </remarks>
[UnsupportedOSPlatform("windows")]
public sealed class PollPoller : TablePoller
{
    private readonly WakeSignal _wake;
    private bool _isDisposed;

    /// <summary>Creates a poller without registrations.</summary>
    /// <exception cref="PollerException">The process or the system is out of descriptors.</exception>
    public PollPoller()
        : this(WakeSignal.Create())
    {
    }

    internal PollPoller(WakeSignal wake)
    {
        _wake = wake;
        CheckResult(Table.Add(wake.Descriptor, ReservedKey, Interest.Readable, Trigger.Level), "add", wake.Descriptor);
    }

    /// <inheritdoc/>
    public override string Name => "poll";

    /// <inheritdoc/>
    public override unsafe int Wait(Span<PollEvent> events, TimeSpan timeout)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfZero(events.Length, nameof(events));
        int ready = Libc.Poll(Table.Active, (nuint)Table.ActiveCount, WaitTimeout.ToMilliseconds(timeout));
        if (ready < 0)
            ThrowWaitFailed(ready);
        return Collect(events, ready);
    }

    /// <inheritdoc/>
    public override void Wake() => _wake.Raise();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _isDisposed = true;
        _wake.Dispose();
    }

    /// <summary>Goes on where the last batch ended, until the last of the <paramref name="ready"/> is found.</summary>
    private int Collect(Span<PollEvent> events, int ready)
    {
        int count = 0;
        while (ready > 0 && count < events.Length)
        {
            ref PollDescriptor entry = ref Table.Current;
            uint mask = (ushort)entry.Returned;
            if (mask == 0)
            {
                Table.Skip();
                continue;
            }
            // So that the entry is not taken again when a swap brings the cursor back to it.
            entry.Returned = 0;
            ready--;
            ulong key = Table.Report().Key;
            if (key == ReservedKey)
                _wake.Consume();
            else
                events[count++] = new PollEvent(key, ReadinessMask.ToReadiness(mask));
        }
        return count;
    }
}
