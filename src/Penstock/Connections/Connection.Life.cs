using System.Diagnostics;
using System.Net;
using Penstock.Connections;
using Penstock.Diagnostics;
using Penstock.Drivers;
using Penstock.Net;

namespace Penstock;

// The life of a connection: what its loop calls, from the first event to the last completion. What a handler uses is in
// Connection.cs, which thus stays readable as the page that a user reads first.
public sealed partial class Connection
{
    private TaskCompletionSource<ConnectionId>? _connected;
    private HashSet<Topic>? _subscriptions;
    private CloseReason _closeReason;
    private bool _opened;
    private bool _resetOnClose;
    private bool _closedForMemory;

    /// <summary>
    /// The loop's list of dirty connections holds this one already. A slot that is reused within a turn may stand there
    /// twice, which does no harm.
    /// </summary>
    private bool _dirty;

    internal void Assign(SlotKey key) => Key = key;

    /// <summary>Starts a connection that is established.</summary>
    internal void Open(ConnectionScope scope, SocketHandle socket)
    {
        Begin(scope, socket);
        _loop.Driver.Attach(Key, socket);
        BecomeOpen();
    }

    /// <summary>Starts one that is to be established; <see cref="OnConnected"/> follows.</summary>
    internal void Connect(
        ConnectionScope scope, SocketHandle socket, SocketAddress remote, TaskCompletionSource<ConnectionId> connected)
    {
        Begin(scope, socket);
        State = ConnectionState.Connecting;
        _connected = connected;
        _loop.Driver.Connect(Key, socket, remote);
    }

    internal void OnConnected(int result)
    {
        if (State != ConnectionState.Connecting)
            return;
        if (result < 0)
        {
            _connected?.TrySetException(SocketErrors.ToException(result));
            CloseNow(CloseReason.ConnectFailed, CloseMode.Reset);
            return;
        }

        BecomeOpen();
        _connected?.TrySetResult(Id);
        _connected = null;
    }

    /// <summary>Gives an attempt up; an established connection is left alone.</summary>
    internal void CloseIfConnectingFor(TaskCompletionSource<ConnectionId> connected)
    {
        if (State == ConnectionState.Connecting && ReferenceEquals(_connected, connected))
            CloseNow(CloseReason.ConnectFailed, CloseMode.Reset);
    }

    internal void OnReceived(int result, ReadOnlySpan<byte> data)
    {
        if (_flow.IsCongested)
            _flow.Look();
        if (State >= ConnectionState.Closing)
            return;
        if (result < 0)
            Break(result);
        else if (result == 0)
            OnPeerFinished();
        else if (State == ConnectionState.Open)
            _input.Deliver(data);
        else if (State == ConnectionState.Lingering)
            Deadlines.StartReceive(_scope.Limits.LingerSilence);
    }

    /// <summary>The peer has finished sending, which was noticed while receiving is paused.</summary>
    internal void OnPeerFinishing()
    {
        if (State != ConnectionState.Open)
            return;
        _input.NoteEnd();
        _scope.Handler.PeerFinishing(this);
    }

    internal void OnSent(int result) => _output.OnSent(result);

    /// <summary>The last completion: gives everything back and tells the handler.</summary>
    internal void OnClosed()
    {
        Debug.Assert(State == ConnectionState.Closing, "closed without being asked");
        _output.Clear();
        End();
    }

    /// <summary>
    /// Ends without the last completion, which will not come: the driver broke, or takes too long. It closes the socket
    /// when it is disposed.
    /// </summary>
    internal void Abandon(CloseReason reason)
    {
        BeginClosing(reason);

        // The kernel may still read what a send covers, so nobody else may get that memory: it is left to the
        // collector.
        if (!_output.IsSending)
            _output.Clear();
        End();
    }

    private void End()
    {
        _input.Clear();
        State = ConnectionState.Closed;
        if (_opened)
            _scope.Handler.Closed(this, _closeReason);
        EndSubscriptions();
        _connected?.TrySetCanceled();
        _connected = null;
        UserState = null;
        _remoteEndPoint = null;
        _sharedSocket = null;
        _socket = default;
        _loop.Release(this);
    }

    /// <summary>Topics that must be told of the end. Most connections have none, and then no list.</summary>
    internal void AddSubscription(Topic topic) => (_subscriptions ??= []).Add(topic);

    internal void RemoveSubscription(Topic topic) => _subscriptions?.Remove(topic);

    /// <summary>Also ends lingering early, when the peer was silent for so long.</summary>
    internal void OnReceiveDeadline()
    {
        // A peer that waits for us, rather than we for it, is not idle.
        if (_flow.IsPaused || _input.IsToBeShown || !_output.Staged.IsEmpty)
            _input.StartDeadline();
        else
            TimeOut();
    }

    private void TimeOut()
    {
        // Lingering ends here as well; nobody is to be asked then.
        CloseReason reason = IdleReason;
        if (State == ConnectionState.Open)
            _scope.Handler.ReceiveTimeout(this, reason);
        else
            CloseNow(reason, CloseMode.Graceful);
    }

    internal void OnSendDeadline()
    {
        if (State == ConnectionState.Lingering)
            CloseNow(_closeReason, CloseMode.Graceful);
        else
            CloseNow(CloseReason.WriteStallTimeout, CloseMode.Reset);
    }

    /// <summary>Called once for every connection that something was staged for, before the loop waits again.</summary>
    internal void EndTurn()
    {
        _dirty = false;
        _flow.Look();
        if (_input.Redeliver())
            _flow.Look();
        _output.Flush();
    }

    /// <summary>Closes gracefully for <paramref name="reason"/>: what is staged, FIN, then the peer's.</summary>
    internal void Drain(CloseReason reason)
    {
        AssertOnLoop();
        if (State == ConnectionState.Connecting)
            CloseNow(reason, CloseMode.Reset);
        if (State != ConnectionState.Open)
            return;

        _closeReason = reason;
        State = ConnectionState.Draining;
        Deadlines.CancelReceive();
        _flow.Begin();
        _input.Discard();
        MarkDirty();
    }

    /// <summary>Its server stops: has the handler finish, or what is not established yet given up.</summary>
    internal void Stop()
    {
        if (State == ConnectionState.Open)
            _scope.Handler.Stopping(this);
        else
            Drain(CloseReason.ServerShutdown);
    }

    /// <summary>Closes without waiting for anything.</summary>
    internal void CloseNow(CloseReason reason, CloseMode mode)
    {
        AssertOnLoop();
        if (State >= ConnectionState.Closing)
            return;
        BeginClosing(reason);
        _loop.Driver.Close(Key, _resetOnClose ? CloseMode.Reset : mode);
    }

    private void BeginClosing(CloseReason reason)
    {
        if (State < ConnectionState.Draining)
            _closeReason = reason;
        State = ConnectionState.Closing;
        Deadlines.CancelReceive();
        Deadlines.CancelSend();
        _sharedSocket?.Retire();
    }

    /// <summary>The handler threw: this connection ends and nothing else does.</summary>
    internal void Fault(Exception exception)
    {
        PenstockEventSource.Log.HandlerFault(Id.ToString(), exception);
        _loop.Statistics.HandlerFaults++;

        // Whoever connected is not given a connection that is over; it is told what OnOpened threw.
        _connected?.TrySetException(exception);
        CloseNow(CloseReason.HandlerFault, CloseMode.Reset);
    }

    private void EndSubscriptions()
    {
        if (_subscriptions is not { } ending)
            return;
        _subscriptions = null;
        foreach (Topic topic in ending)
            topic.Unsubscribe(this);
    }

    private CloseReason IdleReason =>
        _input.AwaitsFirstMessage ? CloseReason.FirstMessageTimeout : CloseReason.IdleTimeout;

    private void Begin(ConnectionScope scope, SocketHandle socket)
    {
        Debug.Assert(State == ConnectionState.Closed && _output.Staged.IsEmpty, "the slot was not given back");
        _scope = scope;
        _socket = socket;
        _flow.Begin();
        _input.Begin();
        _output.Begin();
        _dirty = _opened = _resetOnClose = _closedForMemory = false;
    }

    private void BecomeOpen()
    {
        State = ConnectionState.Open;
        _opened = true;
        _input.StartDeadline();
        _scope.Handler.Opened(this);
    }

    private void OnPeerFinished()
    {
        bool isNews = !PeerHasFinished;
        _input.Finish();
        if (State == ConnectionState.Lingering)
            CloseNow(_closeReason, CloseMode.Graceful);

        // Received before the pause took effect: the handler hears what it would have been told instead.
        else if (isNews && State == ConnectionState.Open && Flow.IsPaused)
            _scope.Handler.PeerFinishing(this);
    }

    /// <summary>Everything staged is sent: a connection that waited for that goes on to its end.</summary>
    internal void FinishDraining()
    {
        if (State != ConnectionState.Draining)
            return;
        if (_resetOnClose || _input.PeerFinished || !_scope.Limits.Lingers)
        {
            CloseNow(_closeReason, CloseMode.Graceful);
            return;
        }

        State = ConnectionState.Lingering;
        Deadlines.StartLinger(_scope.Limits);
        _loop.Driver.ShutdownSend(Key);
    }

    /// <summary>Whether <see cref="CloseForMemory"/> ended it.</summary>
    internal bool IsClosedForMemory => _closedForMemory;

    /// <summary>Memory is used up, and this connection holds the most.</summary>
    internal void CloseForMemory()
    {
        _closedForMemory = true;
        CloseNow(CloseReason.MemoryExhausted, CloseMode.Reset);
    }

    /// <summary>
    /// Gives back what a connection holds that is closed and has its last completion to come. What a send covers stays:
    /// the kernel may read it.
    /// </summary>
    /// <returns>How much that was.</returns>
    internal long GiveBackHeld()
    {
        if (State != ConnectionState.Closing)
            return 0;
        long before = HeldBytes;
        _input.Clear();
        if (!_output.IsSending)
            _output.Clear();
        return before - HeldBytes;
    }

    /// <summary>The peer does not read, and the policy is to disconnect.</summary>
    internal void DisconnectSlowConsumer()
    {
        _loop.Statistics.SlowConsumers++;
        CloseNow(CloseReason.SlowConsumer, CloseMode.Reset);
    }

    /// <summary>The socket broke with <paramref name="result"/>, an errno below zero.</summary>
    internal void Break(int result) =>
        CloseNow(ReasonOf(result), result == -Errno.ECANCELED ? CloseMode.Graceful : CloseMode.Reset);

    /// <summary>Has <see cref="EndTurn"/> called before the loop waits again.</summary>
    internal void MarkDirty()
    {
        if (_dirty)
            return;
        _dirty = true;
        _loop.MarkDirty(this);
    }

    [Conditional("DEBUG")]
    private void AssertOnLoop() => Debug.Assert(_loop.IsOnLoop, "a connection is touched on its loop only");

    private static CloseReason ReasonOf(int result)
    {
        // A driver that limits how long it reads gives up with this.
        if (result == -Errno.ECANCELED)
            return CloseReason.IdleTimeout;
        return -result == Errno.ECONNRESET || -result == Errno.EPIPE ? CloseReason.PeerReset : CloseReason.SocketError;
    }
}
