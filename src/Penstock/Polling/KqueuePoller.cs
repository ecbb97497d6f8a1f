using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Penstock.Interop.Bsd;

namespace Penstock.Polling;

/// <summary>
/// The kqueue of macOS and the BSDs; on Linux over libkqueue. Changes are staged and applied by the call that waits, so
/// that a turn takes one system call, however much it changed.
/// </summary>
/// <remarks>
/// Reading and writing are two filters. Both are added with a descriptor, the one that is not wanted yet disabled, and
/// toggled afterwards. A removal alone is told at once, because the caller closes the descriptor next, and its number
/// may come back before the wait. See kqueue(2).
/// </remarks>
[UnsupportedOSPlatform("windows")]
public sealed class KqueuePoller : Poller
{
    private const int MaxEventsPerWait = 512;
    private const int MaxChangesPerWait = 512;

    private readonly SafeFileHandle _handle;
    private readonly int _kqueue;
    private readonly KqueueWake _wake;
    private readonly KqueueRegistrations _registrations = new();
    private readonly KeventBuffer _changes = new(MaxChangesPerWait);
    private readonly KeventBuffer _events = new(MaxEventsPerWait);
    private readonly KeventBuffer _removal = new(1);
    private readonly Queue<ulong> _refused = new();
    private long _waits;

    /// <summary>Opens a kqueue.</summary>
    /// <exception cref="PlatformNotSupportedException">This machine has no kqueue; the message says how to get
    /// one.</exception>
    /// <exception cref="PollerException">The process or the system is out of descriptors.</exception>
    public KqueuePoller()
        : this(allowUserEvent: true)
    {
    }

    internal KqueuePoller(bool allowUserEvent)
    {
        _kqueue = Kqueue.Open();
        CheckResult(_kqueue, "open", _kqueue);
        _handle = new SafeFileHandle(_kqueue, ownsHandle: true);
        try
        {
            _wake = new KqueueWake(_kqueue, allowUserEvent);
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    /// <summary>Whether this machine has a kqueue.</summary>
    public static bool IsAvailable => !OperatingSystem.IsWindows() && KqueueLibrary.IsAvailable;

    /// <inheritdoc/>
    public override string Name => "kqueue";

    /// <summary>Over libkqueue, which asks the socket for its error in order to report it.</summary>
    internal override bool TakesErrors => OperatingSystem.IsLinux();

    internal bool WakesThroughPipe => _wake.UsesPipe;

    /// <inheritdoc/>
    public override unsafe int Wait(Span<PollEvent> events, TimeSpan timeout)
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        ArgumentOutOfRangeException.ThrowIfZero(events.Length, nameof(events));
        if (timeout != Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);

        int limit = Math.Min(events.Length, MaxEventsPerWait);
        int changes = StageChanges(limit);
        if (_refused.Count > 0)
            timeout = TimeSpan.Zero;
        TimeSpecification span = TimeSpecification.From(timeout);
        TimeSpecification* limited = timeout == Timeout.InfiniteTimeSpan ? null : &span;
        int ready = Kqueue.Wait(_kqueue, _changes, changes, _events, limit, limited);
        if (ready < 0)
            ThrowWaitFailed(ready);
        return Collect(events, ready);
    }

    /// <inheritdoc/>
    public override void Add(int descriptor, ulong key, Interest interest, Trigger trigger = Trigger.Level)
    {
        CheckRegistration(key, trigger);
        CheckResult(_registrations.Add(descriptor, key, interest, trigger), "add", descriptor);
    }

    /// <inheritdoc/>
    public override void Modify(int descriptor, ulong key, Interest interest, Trigger trigger = Trigger.Level)
    {
        CheckRegistration(key, trigger);
        CheckResult(_registrations.Modify(descriptor, key, interest, trigger), "modify", descriptor);
    }

    /// <inheritdoc/>
    public override void Remove(int descriptor)
    {
        CheckResult(_registrations.Remove(descriptor, out KqueueRegistration removed), "remove", descriptor);
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        Delete(descriptor, Kqueue.ReadFilter, removed.Read);
        Delete(descriptor, Kqueue.WriteFilter, removed.Write);
    }

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

    /// <summary>
    /// Every change may be refused, and the wait answers with an entry for each that is. What has no room for that is
    /// applied before it, one call each.
    /// </summary>
    private int StageChanges(int room)
    {
        int count = _registrations.Stage(_changes);
        while (count > room || _registrations.HasChanges)
        {
            for (int i = 0; i < count; i++)
            {
                int result = Kqueue.Apply(_kqueue, _changes, i);
                if (result < 0)
                    OnRefused(_changes, i, -result);
            }

            count = _registrations.Stage(_changes);
        }

        return count;
    }

    private int Collect(Span<PollEvent> events, int ready)
    {
        int count = 0;
        _waits++;
        for (int i = 0; i < ready; i++)
        {
            ulong key = _events.UserData(i);
            short filter = _events.Filter(i);
            if ((_events.Flags(i) & Kqueue.Error) != 0)
                OnRefused(_events, i, (int)_events.Data(i));
            else if (key == ReservedKey)
                _wake.Acknowledge();
            else if (_registrations.Report(_events.Ident(i), filter, IsEnd(i), key, _waits))
                events[count++] = new PollEvent(key, ToReadiness(filter, _events.Flags(i), _events.FilterFlags(i)));
        }

        while (count < events.Length && _refused.TryDequeue(out ulong refused))
            events[count++] = new PollEvent(refused, Readiness.Error);
        return count;
    }

    private bool IsEnd(int index) => (_events.Flags(index) & Kqueue.EndOfFile) != 0;

    /// <summary>
    /// The filter could not be added, so nothing would ever be reported: the owner is told to look for itself. Other
    /// changes are refused only for descriptors that were closed without being removed, and those nobody asks about.
    /// </summary>
    private void OnRefused(KeventBuffer entries, int index, int errno)
    {
        bool isAdded = (entries.Flags(index) & Kqueue.Add) != 0;
        if (isAdded && errno != Net.Errno.EBADF)
            _refused.Enqueue(entries.UserData(index));
    }

    private void Delete(int descriptor, short filter, KqueueFilterState state)
    {
        if (state == KqueueFilterState.Absent)
            return;
        // Refused when it is gone already, which is all that is asked for.
        _removal.Set(0, descriptor, filter, Kqueue.Delete, 0, 0);
        _ = Kqueue.Apply(_kqueue, _removal, 0);
    }

    /// <summary>
    /// The end of the stream comes with whatever data precedes it, so it is readable too: the data is read first, and
    /// then the end. For the writer it means that nobody reads any more.
    /// </summary>
    private static Readiness ToReadiness(short filter, ushort flags, uint filterFlags)
    {
        bool isRead = filter == Kqueue.ReadFilter;
        Readiness readiness = isRead ? Readiness.Readable : Readiness.Writable;
        if ((flags & Kqueue.EndOfFile) == 0)
            return readiness;
        readiness |= isRead ? Readiness.ReadClosed : Readiness.HangUp;
        return filterFlags == 0 ? readiness : readiness | Readiness.Error;
    }
}
