using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Penstock.Kestrel.Buffers;

namespace Penstock.Kestrel.Connections;

/// <summary>
/// What the application writes to the peer. On the loop, flushed bytes are staged on the connection and leave in one send
/// at the end of the turn; on other threads they are sent from there, and only what the kernel does not take goes
/// through the loop.
/// </summary>
/// <remarks>
/// The application writes into buffers of this class and never into those of the engine, whose staging would spare a copy:
/// a handler may keep memory across an await, when the engine has long given it to another connection.
/// </remarks>
internal sealed class TransportOutput : PipeWriter, IValueTaskSource<FlushResult>, IThreadPoolWorkItem
{
    /// <summary>From this size on, two system calls in a turn cost less than copying.</summary>
    private const int MinimumSendWithoutCopy = 8 * 1024;

    /// <summary>The most that is copied to the loop's blocks before the kernel has taken it.</summary>
    private const int MaxStagedBytes = 64 * 1024;

    private readonly TransportConnection _connection;
    private readonly TransportInput _input;
    private readonly long _waitAbove;
    private readonly bool _inline;
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<FlushResult> _flush;
    private CancellationTokenRegistration _cancellation;
    private SegmentQueue _buffer;
    private PooledSegment? _flushedSegment;
    private int _flushedEnd;

    /// <summary>Bytes written since the last flush; the writer's own.</summary>
    private long _unflushed;

    /// <summary>Bytes that the loop has staged and the kernel has not taken.</summary>
    private long _staged;

    private volatile SendRoute _route;

    /// <summary>The writer has been given memory since the last flush, which must stay where it is.</summary>
    private bool _writing;

    private bool _flushWaiting;
    private bool _cancelRequested;
    private bool _completed;
    private bool _closed;

    public TransportOutput(
        TransportConnection connection, TransportInput input, MemoryPool<byte> pool, PenstockTransportOptions options)
    {
        _connection = connection;
        _input = input;
        _buffer = new SegmentQueue(pool);
        _waitAbove = options.MaxWriteBufferSize is > 0 and long limit ? limit : long.MaxValue;
        _inline = options.ApplicationScheduling == ApplicationScheduling.Inline;
        _flush.RunContinuationsAsynchronously = !_inline;
    }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushed;

    private long Unsent => _buffer.Length + _staged;

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        // Once it is known that the tail must stay, nobody else touches it.
        if (_writing)
            return GetMemoryOfTail(sizeHint);
        lock (_gate)
        {
            if (_completed)
                throw new InvalidOperationException("Writing is not allowed after the writer was completed.");
            _writing = true;
            return _buffer.GetMemory(sizeHint);
        }
    }

    public override void Advance(int bytes)
    {
        _buffer.Advance(bytes);
        _unflushed += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        lock (_gate)
        {
            Commit();
            Send();
            if (_cancelRequested || _closed || Unsent <= _waitAbove)
                return new(TakeResult());
            _flush.Reset();
            _flushWaiting = true;
        }

        var pending = new ValueTask<FlushResult>(this, _flush.Version);
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(
                static (output, token) => ((TransportOutput)output!).Cancel(token), this);
        }

        return pending;
    }

    public override void CancelPendingFlush()
    {
        bool wake;
        lock (_gate)
        {
            _cancelRequested = true;
            wake = TakeWaiter();
        }

        if (wake)
            CompleteFlush();
    }

    public override void Complete(Exception? exception = null)
    {
        bool sent;
        lock (_gate)
        {
            if (_completed)
                return;
            _completed = true;
            Commit();
            Send();
            sent = Unsent == 0;
        }

        if (exception is not null)
            _connection.FailSending(exception);
        else if (sent)
            _connection.EndSending();
    }

    /// <summary>Sends what waits for company, if something does.</summary>
    public void SendDeferred()
    {
        if (_route != SendRoute.Deferred)
            return;
        bool ended, wake;
        lock (_gate)
        {
            if (_route != SendRoute.Deferred)
                return;
            _route = SendRoute.Idle;
            SendDirectly();
            wake = TakeWaiter();
            ended = _completed && Unsent == 0;
        }

        AfterSending(wake, ended);
    }

    /// <summary>
    /// The loop's turn: what was answered during a delivery, or what the kernel did not take from another thread. Loop
    /// thread only.
    /// </summary>
    public void SendOnLoop()
    {
        bool wake, ended;
        lock (_gate)
        {
            StageOnLoop();
            wake = TakeWaiter();
            ended = _completed && Unsent == 0;
        }

        AfterSending(wake, ended);
    }

    /// <summary>The kernel has taken everything that was staged. Loop thread only.</summary>
    public void OnDrained()
    {
        bool wake, ended;
        lock (_gate)
        {
            _staged = 0;
            StageOnLoop();
            wake = TakeWaiter();
            ended = _completed && Unsent == 0;
        }

        AfterSending(wake, ended);
    }

    /// <summary>The connection is over: what is left is dropped, and nobody waits any longer. Loop thread only.</summary>
    public void OnClosed()
    {
        bool wake;
        lock (_gate)
        {
            _closed = true;
            _staged = 0;
            DropFlushed();
            wake = TakeWaiter();
        }

        if (wake)
            CompleteFlush();
    }

    void IThreadPoolWorkItem.Execute() => SendDeferred();

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token)
    {
        _cancellation.Dispose();
        _cancellation = default;
        return _flush.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _flush.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _flush.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);

    private Memory<byte> GetMemoryOfTail(int sizeHint)
    {
        if (_buffer.Tail is { } tail && tail.FreeLength >= Math.Max(sizeHint, 1))
            return tail.Free;
        lock (_gate)
            return _buffer.GetMemory(sizeHint);
    }

    /// <summary>What was written so far may be sent.</summary>
    private void Commit()
    {
        _writing = false;
        _buffer.Commit(_unflushed);
        _unflushed = 0;
        _flushedSegment = _buffer.Tail;
        _flushedEnd = _flushedSegment?.End ?? 0;
        if (_closed)
            DropFlushed();
        else if (_buffer.Length == 0)
            _buffer.Consume(0, keepTail: false);
    }

    /// <summary>Sends what is committed, on the way that keeps the order. Under the lock.</summary>
    private void Send()
    {
        if (_buffer.Length == 0)
            return;
        if (_connection.IsOnLoop)
        {
            // What is answered during one delivery is staged at its end, all at once.
            if (!_connection.IsDelivering)
                StageOnLoop();
        }
        else if (_route != SendRoute.Idle)
            return;
        else if (_input.HasUnread && !_completed)
            Defer();
        else
            SendDirectly();
    }

    private void Defer()
    {
        _route = SendRoute.Deferred;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    private void SendDirectly()
    {
        TrySend();
        if (_buffer.Length == 0)
            return;
        _route = SendRoute.Loop;
        _connection.RequestSendOnLoop();
    }

    /// <summary>
    /// Hands what is committed to the connection, or, when it is much and nothing is before it, to the kernel at once.
    /// </summary>
    private void StageOnLoop()
    {
        if (_staged == 0 && _buffer.Length >= MinimumSendWithoutCopy)
            TrySend();
        long count = Math.Min(_buffer.Length, MaxStagedBytes - _staged);
        if (count > 0)
            Stage(count);
        _route = _staged == 0 ? SendRoute.Idle : SendRoute.Loop;
    }

    private void Stage(long count)
    {
        long left = count;
        foreach (ReadOnlyMemory<byte> segment in _buffer.Until(_flushedSegment, _flushedEnd))
        {
            int part = (int)Math.Min(segment.Length, left);
            _connection.Stage(segment.Span[..part]);
            left -= part;
            if (left == 0)
                break;
        }

        _staged += count;
        Consume(count);
    }

    private void TrySend()
    {
        while (_buffer.Length > 0)
        {
            int sent = _connection.Socket.TrySend(_buffer.Until(_flushedSegment, _flushedEnd));
            if (sent == 0)
                return;
            Consume(sent);
        }
    }

    private void Consume(long count) => _buffer.Consume(count, keepTail: _writing);

    private void DropFlushed()
    {
        _route = SendRoute.Idle;
        Consume(_buffer.Length);
    }

    private void AfterSending(bool wake, bool ended)
    {
        if (wake)
            CompleteFlush();
        if (ended)
            _connection.EndSending();
    }

    private bool TakeWaiter()
    {
        bool wake = _flushWaiting && (_cancelRequested || _closed || Unsent <= _waitAbove / 2);
        _flushWaiting &= !wake;
        return wake;
    }

    private void CompleteFlush()
    {
        FlushResult result;
        lock (_gate)
            result = TakeResult();
        _flush.SetResult(result);
    }

    private FlushResult TakeResult()
    {
        bool canceled = _cancelRequested;
        _cancelRequested = false;
        return new FlushResult(canceled, _closed);
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_flushWaiting)
                return;
            _flushWaiting = false;
        }

        _flush.SetException(new OperationCanceledException(cancellationToken));
    }
}
