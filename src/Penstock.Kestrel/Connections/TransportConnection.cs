using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Penstock.Kestrel.Diagnostics;

namespace Penstock.Kestrel.Connections;

/// <summary>
/// One connection as Kestrel sees it, over one of the engine's. Its own members may be called from any thread; those
/// for the loop say so.
/// </summary>
internal sealed class TransportConnection : ConnectionContext, IDuplexPipe, IThreadPoolWorkItem
{
    private readonly TransportLoops _loops;
    private readonly Connection _connection;
    private readonly int _loop;
    private readonly TransportInput _input;
    private readonly TransportOutput _output;
    private readonly CancellationTokenSource _closedSource = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly Action _sendOnLoop;
    private readonly Action _readOnLoop;
    private string? _connectionId;
    private IDictionary<object, object?>? _items;
    private Exception? _shutdownReason;
    private Socket? _managedSocket;
    private int _closedTokenFired;

    /// <summary>The engine's object is this connection's. Loop thread only: afterwards it may be another's.</summary>
    private bool _isOpen = true;

    /// <summary>Takes an established connection. Loop thread only.</summary>
    public TransportConnection(TransportLoops loops, Connection connection, EndPoint endPoint)
    {
        _loops = loops;
        _connection = connection;
        _loop = connection.Id.Loop;
        EndPoint = endPoint;
        Socket = connection.Socket;
        MemoryPool = loops.PoolOf(_loop);
        LocalEndPoint = connection.LocalEndPoint;
        RemoteEndPoint = connection.RemoteEndPoint;
        ConnectionClosed = _closedSource.Token;
        _input = new TransportInput(this, MemoryPool, loops.Options);
        _output = new TransportOutput(this, _input, MemoryPool, loops.Options);
        _sendOnLoop = SendOnLoop;
        _readOnLoop = ReadOnLoop;
        Transport = this;
        Features = new FeatureCollection(new TransportFeatures(this));
    }

    /// <summary>The endpoint it came through, or goes to.</summary>
    public EndPoint EndPoint { get; }

    public System.Buffers.MemoryPool<byte> MemoryPool { get; }

    public ConnectionSocket Socket { get; }

    public bool IsOnLoop => _connection.IsOnLoop;

    public int Loop => _loop;

    /// <summary>
    /// The application is being shown what arrived, and may answer several requests. Loop thread only.
    /// </summary>
    public bool IsDelivering { get; private set; }

    public PipeReader Input => _input;

    public PipeWriter Output => _output;

    public override IDuplexPipe Transport { get; set; }

    public override IFeatureCollection Features { get; }

    public override string ConnectionId
    {
        get => _connectionId ??= ConnectionIds.Next();
        set => _connectionId = value;
    }

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    /// <summary>A managed socket on the connection, made for whoever asks and disposed with the connection.</summary>
    public Socket ManagedSocket
    {
        get
        {
            lock (_gate)
                return _managedSocket ??= Socket.Duplicate();
        }
    }

    public override void Abort() => Abort(new ConnectionAbortedException());

    public override void Abort(ConnectionAbortedException abortReason) => Shutdown(abortReason);

    /// <summary>
    /// Ends both directions and waits until what was written is with the kernel, or the connection is lost.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        _input.Complete();
        _output.Complete();
        await _ended.Task.ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Bytes arrived. Loop thread only.</summary>
    public void OnReceived(ReadOnlySpan<byte> data)
    {
        IsDelivering = true;
        bool goOn = _input.Receive(data);
        IsDelivering = false;
        if (_loops.IsInline)
            _output.SendOnLoop();
        if (goOn || !_isOpen)
            return;
        TransportLog.Paused(_loops.Log, this);
        _connection.Pause();
    }

    /// <summary>Everything staged is sent. Loop thread only.</summary>
    public void OnDrained() => _output.OnDrained();

    /// <summary>The peer sent FIN; it may still read. Loop thread only.</summary>
    public void OnPeerFinished()
    {
        TransportLog.ReadFin(_loops.Log, this);
        _input.Finish(null);
        FireConnectionClosed();
    }

    /// <summary>The connection is over. Loop thread only.</summary>
    public void OnClosed(CloseReason reason)
    {
        _isOpen = false;
        try
        {
            lock (_gate)
                _managedSocket?.Dispose();
            _input.Finish(_shutdownReason ?? ToException(reason));
        }
        finally
        {
            OnOutputClosed();
        }
    }

    /// <summary>
    /// Whatever the application, which is woken here, may throw: those that wait for the end must hear of it.
    /// </summary>
    private void OnOutputClosed()
    {
        try
        {
            _output.OnClosed();
        }
        finally
        {
            FireConnectionClosed();
            _ended.TrySetResult();
        }
    }

    /// <summary>Code of the application threw on the loop. Loop thread only.</summary>
    public void Fail(Exception exception)
    {
        TransportLog.CodeFailed(_loops.Log, ConnectionId, EndPoint, exception);
        var reason = new ConnectionAbortedException("Code on the connection's loop threw.", exception);
        Interlocked.CompareExchange(ref _shutdownReason, reason, null);
        IsDelivering = false;
        if (_isOpen)
            _connection.Abort();
    }

    /// <summary>Copies bytes to the engine's send queue. Loop thread only.</summary>
    public void Stage(ReadOnlySpan<byte> bytes)
    {
        if (_isOpen)
            _connection.Send(bytes);
    }

    /// <summary>Has <see cref="TransportOutput.SendOnLoop"/> called on the loop.</summary>
    public void RequestSendOnLoop() => _loops.Group[_loop].Post(_sendOnLoop);

    /// <summary>
    /// Has <see cref="TransportInput.CompleteRead"/> called on the loop, or here when the loop has ended.
    /// </summary>
    public void RequestReadOnLoop()
    {
        if (!_loops.Group[_loop].Post(_readOnLoop))
            _input.CompleteRead();
    }

    /// <summary>The application is about to wait in <see cref="PipeReader.ReadAsync"/>.</summary>
    public void OnReadWaits() => _output.OnReadWaits();

    /// <summary>There is room again for what the peer sends.</summary>
    public void ResumeReceiving() => RunOnLoop(() =>
    {
        TransportLog.Resumed(_loops.Log, this);
        _connection.Resume();
    });

    /// <summary>Everything was written and sent: FIN, and the end.</summary>
    public void EndSending() => Shutdown(null);

    /// <summary>
    /// The application ended its output with an error, which the peer must not take for a whole reply.
    /// </summary>
    public void FailSending(Exception exception)
    {
        TransportLog.Failed(_loops.Log, this, exception);
        Shutdown(exception);
    }

    /// <summary>
    /// Cancels <see cref="BaseConnectionContext.ConnectionClosed"/>, whose callbacks are the application's.
    /// </summary>
    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            _closedSource.Cancel();
        }
        catch (AggregateException exception)
        {
            // Nobody is above this on the pool: what a callback throws would end the process.
            TransportLog.CallbackFailed(_loops.Log, ConnectionId, exception);
        }
    }

    private void Shutdown(Exception? reason)
    {
        // The first reason counts: what follows is its consequence.
        Exception kept = reason ?? new ConnectionAbortedException("The transport's sending ended gracefully.");
        if (Interlocked.CompareExchange(ref _shutdownReason, kept, null) is null)
            RunOnLoop(reason is null ? CloseGracefully : () => CloseAtOnce(reason));
    }

    private void CloseGracefully()
    {
        TransportLog.WriteFin(_loops.Log, this);

        // A peer gets time for its own FIN because a reset could overtake the last reply. Where none is on its way that
        // would only hold up a stop.
        if (_output.IsQuiet)
            _connection.CloseNow();
        else
            _connection.Close();
        _input.Finish(_shutdownReason);
        FireConnectionClosed();
        _ended.TrySetResult();
    }

    private void CloseAtOnce(Exception reason)
    {
        if (_loops.Options.FinOnError)
        {
            TransportLog.WriteFin(_loops.Log, this);
            _connection.CloseNow();
        }
        else
        {
            TransportLog.WriteRst(_loops.Log, this, reason.Message);
            _connection.Abort();
        }
    }

    /// <summary>
    /// Runs work on the loop unless the connection has ended by then: at once when that is where the caller is.
    /// </summary>
    private void RunOnLoop(Action work)
    {
        if (!_connection.IsOnLoop)
            _loops.Group[_loop].Post(() => RunIfOpen(work));
        else
            RunIfOpen(work);
    }

    private void RunIfOpen(Action work)
    {
        if (_isOpen)
            Run(work);
    }

    /// <summary>
    /// What is posted has no handler around it, so nobody but this keeps what it throws from the loop.
    /// </summary>
    private void Run(Action work)
    {
        using var watch = new Watch(_loops.Stalls, this);
        try
        {
            work();
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    /// <summary>Also when the connection has ended by now, because the application waits.</summary>
    private void ReadOnLoop()
    {
        using var watch = new Watch(_loops.Stalls, this);
        try
        {
            IsDelivering = true;
            _input.CompleteRead();
            IsDelivering = false;
            _output.SendOnLoop();
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    private void SendOnLoop() => RunIfOpen(_output.SendOnLoop);

    private void FireConnectionClosed()
    {
        if (Interlocked.Exchange(ref _closedTokenFired, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private Exception ToException(CloseReason reason)
    {
        switch (reason)
        {
            case CloseReason.PeerReset:
                TransportLog.PeerReset(_loops.Log, this);
                return new ConnectionResetException("The peer reset the connection.");
            case CloseReason.LocalClose or CloseReason.ServerShutdown:
                return new ConnectionAbortedException("The transport was stopped.");
            default:
                TransportLog.Lost(_loops.Log, this, reason);
                return new IOException($"The connection was lost: {reason}.");
        }
    }
}
