using Penstock.Interop.Bsd;

namespace Penstock.Polling;

/// <summary>
/// Ends the wait of a kqueue from any thread: a user event, which takes no descriptor, or a pipe where the system has
/// no user events. Coalesces like <see cref="WakeSignal"/>.
/// </summary>
internal sealed class KqueueWake : IDisposable
{
    private readonly Lock _closing = new();
    private readonly KeventBuffer _trigger = new(1);
    private readonly int _kqueue;
    private readonly WakeSignal? _pipe;
    private bool _isClosed;
    private int _isRaised;

    /// <param name="kqueue">Stays open until this is disposed.</param>
    /// <param name="allowUserEvent">False leaves only the pipe.</param>
    internal KqueueWake(int kqueue, bool allowUserEvent = true)
    {
        _kqueue = kqueue;
        if (allowUserEvent && Register(0, Kqueue.UserFilter) == 0)
        {
            _trigger.Set(0, 0, Kqueue.UserFilter, 0, Kqueue.NoteTrigger, Poller.ReservedKey);
            return;
        }

        _pipe = WakeSignal.CreatePipe();
        int result = Register(_pipe.Descriptor, Kqueue.ReadFilter);
        if (result == 0)
            return;
        _pipe.Dispose();
        throw new PollerException("kqueue cannot watch its wake signal", -result);
    }

    internal bool UsesPipe => _pipe is not null;

    /// <summary>Any thread; nothing after <see cref="Dispose"/>.</summary>
    internal void Raise()
    {
        if (_pipe is not null)
        {
            _pipe.Raise();
            return;
        }

        if (Interlocked.Exchange(ref _isRaised, 1) != 0)
            return;
        // Without the lock, a late call could go to whatever was opened under the closed number.
        lock (_closing)
        {
            if (_isClosed)
                return;
            int result = Kqueue.Apply(_kqueue, _trigger, 0);
            if (result < 0)
                throw new PollerException("cannot wake the poller", -result);
        }
    }

    /// <summary>The event was seen; the next <see cref="Raise"/> makes another.</summary>
    internal void Acknowledge()
    {
        // Exchange, not a plain write: what a coalesced caller published before its Raise must be visible after this.
        if (_pipe is null)
            Interlocked.Exchange(ref _isRaised, 0);
        else
            _pipe.Consume();
    }

    public void Dispose()
    {
        lock (_closing)
            _isClosed = true;
        _pipe?.Dispose();
    }

    // An edge in both cases: the kernel takes a user event back by itself once it was seen.
    private int Register(int ident, short filter)
    {
        _trigger.Set(0, ident, filter, Kqueue.Add | Kqueue.Clear, 0, Poller.ReservedKey);
        return Kqueue.Apply(_kqueue, _trigger, 0);
    }
}
