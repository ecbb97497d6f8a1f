using Penstock.Connections;
using Penstock.Diagnostics;
using Penstock.Drivers;
using Penstock.Net;

namespace Penstock.Loop;

/// <summary>
/// One listener on one loop: admits connections, holds newcomers back while the server is full, and backs off when the
/// system has nothing left to accept them with. Loop thread only.
/// </summary>
internal sealed class LoopListener : IDisposable
{
    /// <summary>How long accepting rests after the system ran out of descriptors or memory.</summary>
    public static readonly TimeSpan BackoffTime = TimeSpan.FromMilliseconds(100);

    private const int MaxTurnedAwayAtOnce = 64;

    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    private readonly EventLoop _loop;
    private readonly ConnectionPlacement _placement;
    private readonly ConnectionLimiter _limiter;
    private readonly string _name;
    private readonly Action<Exception> _onFault;
    private readonly SpareDescriptor _spare = new();

    /// <summary>
    /// Accepted, but without a place: a driver may hand over connections that were on their way when it was paused.
    /// </summary>
    private readonly Queue<SocketHandle> _waitingRoom = new();

    /// <summary>Between another thread that has newcomers refused and the loop that closes the descriptor.</summary>
    private readonly Lock _closeGate = new();

    private SocketHandle _socket;
    private bool _refuses;
    private bool _full;

    /// <summary>Accepting is paused because the server's owner wants it so.</summary>
    private bool _paused;
    private bool _backingOff;
    private bool _closing;
    private bool _retryPosted;
    private int _turnedAway;
    private long _nextReport = long.MinValue;

    public LoopListener(
        EventLoop loop,
        ConnectionPlacement placement,
        ConnectionLimiter limiter,
        string name,
        Action<Exception> onFault)
    {
        _loop = loop;
        _placement = placement;
        _limiter = limiter;
        _name = name;
        _onFault = onFault;
    }

    public EventLoop Loop => _loop;

    public SlotKey Key { get; private set; }

    /// <summary>Called when the listener's last completion came, after <see cref="Close"/>.</summary>
    public Action? OnClosed { get; set; }

    /// <summary>Starts accepting on <paramref name="socket"/>, which the driver owns from here on.</summary>
    public void Start(SocketHandle socket)
    {
        _socket = socket;
        Key = _loop.AddListener(this);
        try
        {
            _loop.Driver.Listen(Key, socket);
        }
        catch
        {
            _loop.RemoveListener(Key);
            throw;
        }
    }

    public void OnCompletion(in Completion completion)
    {
        if (completion.Kind == CompletionKind.Closed)
            Finish();
        else if (completion.Result < 0)
            OnAcceptFailed(-completion.Result);
        else if (_closing)
            completion.Socket.Close();
        else
            Admit(completion.Socket);
    }

    /// <summary>Some loop's connection left a server that was full.</summary>
    public void OnRoom()
    {
        if (_closing || !_full || _retryPosted || _paused)
            return;
        _full = false;
        while (_waitingRoom.TryPeek(out SocketHandle socket) && TryPlace(socket))
            _waitingRoom.Dequeue();
        if (_waitingRoom.Count > 0 || !_placement.HasRoom(_limiter))
            HoldBack();
        else if (!_backingOff)
            _loop.Driver.ResumeReceive(Key);
    }

    /// <summary>Leaves newcomers in the kernel's backlog while the server's owner wants none.</summary>
    public void ApplyPause()
    {
        if (_closing || _paused == _limiter.IsPaused)
            return;
        _paused = !_paused;
        if (_paused)
        {
            _loop.Driver.PauseReceive(Key);
            return;
        }

        // What it may have been told of room meanwhile was not looked at.
        _full = true;
        OnRoom();
    }

    /// <summary>
    /// A slot of this loop is free again, which is what a listener of a server with room may wait for.
    /// </summary>
    public void OnSlotFreed()
    {
        if (_full && !_limiter.IsFull)
            OnRoom();
    }

    public void OnBackoffEnded()
    {
        _backingOff = false;
        if (!_closing && !_full && !_paused)
            _loop.Driver.ResumeReceive(Key);
    }

    /// <summary>Stops accepting for good.</summary>
    public void Close()
    {
        if (_closing)
            return;
        lock (_closeGate)
            _closing = true;
        _loop.CancelBackoff(Key);
        CloseWaitingRoom();
        _loop.Driver.Close(Key, CloseMode.Graceful);
    }

    /// <summary>
    /// Has the kernel refuse newcomers while the loop is held and cannot close the descriptor, which stays the loop's.
    /// Any thread. Nothing on Windows, where a listening socket cannot be shut down.
    /// </summary>
    public void Refuse()
    {
        lock (_closeGate)
        {
            if (_closing || OperatingSystem.IsWindows())
                return;
            _refuses = true;
            _socket.StopListening();
        }
    }

    /// <summary>Ends without its last completion, which will not come; the driver closes the socket itself.</summary>
    public void Abandon()
    {
        lock (_closeGate)
            _closing = true;
        CloseWaitingRoom();
        Finish();
    }

    public void Dispose() => _spare.Dispose();

    private void Admit(SocketHandle socket)
    {
        // Also before its post has come: what the driver has accepted at once is many.
        if (_limiter.IsPaused)
            ApplyPause();
        if (_paused || _waitingRoom.Count > 0 || !TryPlace(socket))
            _waitingRoom.Enqueue(socket);
        if (_paused)
            return;
        if (_waitingRoom.Count > 0 || !_placement.HasRoom(_limiter))
            HoldBack();
    }

    private bool TryPlace(SocketHandle socket)
    {
        // Asked first: entering and leaving again would look like a departure, which wakes all who wait, this one too.
        if (!_placement.HasRoom(_limiter) || !_limiter.TryEnter())
            return false;
        if (_placement.TryPlace(socket))
            return true;
        _limiter.Leave();
        return false;
    }

    /// <summary>The server is full: newcomers wait in the kernel's backlog until somebody leaves.</summary>
    private void HoldBack()
    {
        if (_full)
            return;
        _full = true;
        _loop.Driver.PauseReceive(Key);
        _loop.Statistics.ListenerPauses++;
        PenstockEventSource.Log.ServerFull(_name, _limiter.Count);

        // Posted, not called: a place that is offered and then refused would come back here at once, for ever.
        if (!_limiter.AwaitRoom() && _loop.HasFreeSlot && _placement.HasRoom(_limiter))
            PostRetry();
    }

    /// <summary>
    /// One at a time, and until it comes nothing else looks for room: a refused place is given back, which tells all
    /// who wait for one, and each refusal would lead to two attempts more.
    /// </summary>
    private void PostRetry()
    {
        _retryPosted = true;
        _loop.Post(static (listener, _) => ((LoopListener)listener!).Retry(), this);
    }

    private void Retry()
    {
        _retryPosted = false;
        OnRoom();
    }

    private void OnAcceptFailed(int errno)
    {
        switch (AcceptFailures.Classify(errno))
        {
            case AcceptFailure.Exhausted:
                BackOff(errno);
                break;
            case AcceptFailure.Fatal when !_closing && !_refuses:
                PenstockEventSource.Log.ListenerFault(_name, Errno.Describe(errno));
                _onFault(SocketErrors.ToException(-errno));
                break;
        }
    }

    private void BackOff(int errno)
    {
        if (_backingOff || _closing)
            return;
        _backingOff = true;
        _loop.Driver.PauseReceive(Key);
        _loop.StartBackoff(Key);
        _loop.Statistics.AcceptBackoffs++;
        _turnedAway += _spare.TurnAway(_socket, MaxTurnedAwayAtOnce);
        if (_loop.Now < _nextReport)
            return;
        _nextReport = _loop.Now + _loop.Clock.ToTimestamps(ReportInterval);
        PenstockEventSource.Log.AcceptBackoff(_name, Errno.Describe(errno), _turnedAway);
        _turnedAway = 0;
    }

    private void CloseWaitingRoom()
    {
        while (_waitingRoom.TryDequeue(out SocketHandle socket))
            socket.Close();
    }

    private void Finish()
    {
        _loop.RemoveListener(Key);
        Dispose();
        OnClosed?.Invoke();
    }
}
