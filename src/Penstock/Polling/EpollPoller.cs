using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Penstock.Interop.Linux;

namespace Penstock.Polling;

/// <summary>Linux's epoll. The kernel keeps the registrations, so a wait costs as much as there are events.</summary>
/// <remarks>See epoll(7), epoll_ctl(2) and eventfd(2).</remarks>
[SupportedOSPlatform("linux")]
public sealed class EpollPoller : Poller
{
    private const int MaxEventsPerWait = 1024;

    private readonly SafeFileHandle _handle;
    private readonly int _epoll;
    private readonly WakeSignal _wake = WakeSignal.CreateEvent();
    private readonly EpollEventBuffer _buffer = new(MaxEventsPerWait);

    /// <summary>Opens an epoll instance.</summary>
    /// <exception cref="PollerException">The process or the system is out of descriptors.</exception>
    public EpollPoller()
    {
        _epoll = LinuxLibc.EpollCreate();
        _handle = new SafeFileHandle(_epoll, ownsHandle: true);
        try
        {
            CheckResult(_epoll, "open", _epoll);
            // An edge: each wake is one, so the signal never has to be read back, which saves a system call a wake.
            const uint mask = ReadinessMask.In | LinuxLibc.EpollEdge;
            CheckResult(Control(LinuxLibc.EpollAdd, _wake.Descriptor, mask, ReservedKey), "add", _wake.Descriptor);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override string Name => "epoll";

    /// <inheritdoc/>
    public override unsafe int Wait(Span<PollEvent> events, TimeSpan timeout)
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        ArgumentOutOfRangeException.ThrowIfZero(events.Length, nameof(events));
        int limit = Math.Min(events.Length, MaxEventsPerWait);
        int ready = LinuxLibc.EpollWait(_epoll, _buffer.Start, limit, WaitTimeout.ToMilliseconds(timeout));
        if (ready < 0)
            ThrowWaitFailed(ready);

        int count = 0;
        for (int i = 0; i < ready; i++)
        {
            ulong key = _buffer.Data(i);
            if (key == ReservedKey)
                _wake.Acknowledge();
            else
                events[count++] = new PollEvent(key, ReadinessMask.ToReadiness(_buffer.Mask(i)));
        }
        return count;
    }

    /// <inheritdoc/>
    public override void Add(int descriptor, ulong key, Interest interest, Trigger trigger = Trigger.Level)
    {
        CheckRegistration(key, trigger);
        uint mask = Mask(interest, trigger);
        // The kernel does not forget a one-shot registration that fired, it disables it. So arming again is a change,
        // and it is tried first: a connection is added once and armed with every message. Whatever is wrong with the
        // descriptor, adding finds it too.
        if (trigger == Trigger.OneShot && Control(LinuxLibc.EpollModify, descriptor, mask, key) == 0)
            return;
        CheckResult(Control(LinuxLibc.EpollAdd, descriptor, mask, key), "add", descriptor);
    }

    /// <inheritdoc/>
    public override void Modify(int descriptor, ulong key, Interest interest, Trigger trigger = Trigger.Level)
    {
        CheckRegistration(key, trigger);
        CheckResult(Control(LinuxLibc.EpollModify, descriptor, Mask(interest, trigger), key), "modify", descriptor);
    }

    /// <inheritdoc/>
    public override void Remove(int descriptor) =>
        CheckResult(Control(LinuxLibc.EpollDelete, descriptor, 0, 0), "remove", descriptor);

    /// <inheritdoc/>
    public override bool Supports(Trigger trigger) => trigger is >= Trigger.Level and <= Trigger.Dispatch;

    /// <inheritdoc/>
    public override void Wake() => _wake.Raise();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _wake.Dispose();
        _handle.Dispose();
    }

    private static uint Mask(Interest interest, Trigger trigger)
    {
        // epoll reports errors and hang-ups whether asked or not. With a level they would come in every wait while the
        // descriptor is paused; an edge comes once.
        if (interest == Interest.None)
            return LinuxLibc.EpollEdge;
        uint mask = ReadinessMask.From(interest);
        return trigger switch
        {
            Trigger.Edge => mask | LinuxLibc.EpollEdge,
            Trigger.OneShot or Trigger.Dispatch => mask | LinuxLibc.EpollOneShot,
            _ => mask,
        };
    }

    private int Control(int operation, int descriptor, uint mask, ulong key)
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        return LinuxLibc.EpollControl(_epoll, operation, descriptor, mask, key);
    }
}
