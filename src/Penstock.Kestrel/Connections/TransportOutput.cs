using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;
using Penstock.Kestrel.Buffers;

namespace Penstock.Kestrel.Connections;

/// <summary>
/// What the application writes to the peer. On the loop, flushed bytes are staged on the connection and leave in one
/// send at the end of the turn; on other threads they are sent from there, and only what the kernel does not take
/// goes through the loop.
/// </summary>
/// <remarks>
/// The application writes into buffers of this class and never into those of the engine, whose staging would spare a
/// copy: a handler may keep memory across an await, when the engine has long given it to another connection. To its
/// writer it behaves as a <see cref="Pipe"/>, misuse included; a test runs both through the same operations. What is
/// sent by whom is in TransportOutput.Sending.cs.
/// </remarks>
internal sealed partial class TransportOutput : PipeWriter, IValueTaskSource<FlushResult>, IThreadPoolWorkItem
{
    private readonly TransportConnection _connection;
    private readonly TransportInput _input;
    private readonly long _waitAt;
    private readonly long _goOnBelow;
    private readonly long _quietMilliseconds;
    private readonly Lock _gate = new();
    private PendingWait _wait;
    private SegmentQueue _buffer;
    private PooledSegment? _flushedSegment;
    private int _flushedEnd;

    /// <summary>Bytes written since the last flush; the writer's own.</summary>
    private long _unflushed;

    /// <summary>Bytes that the loop has staged and the kernel has not taken.</summary>
    private long _staged;

    private volatile SendRoute _route;

    /// <summary>Flushes since the application last waited to read.</summary>
    private int _flushes;

    /// <summary>
    /// The last exchange took several flushes, so this one probably will: a reply in chunks is flushed for its body
    /// and for its end, and two sends cost more than gathering them. A guess that any thread may change.
    /// </summary>
    private bool _gathers;

    /// <summary>The writer has been given memory since the last flush, which must stay where it is.</summary>
    private bool _writing;

    /// <summary>As much as is allowed is unsent, and half of it is not sent since: a flush waits.</summary>
    private bool _full;

    private bool _cancelRequested;
    private bool _completed;
    private bool _closed;
    private ExceptionDispatchInfo? _fault;

    public TransportOutput(
        TransportConnection connection, TransportInput input, MemoryPool<byte> pool, PenstockTransportOptions options)
    {
        _connection = connection;
        _input = input;
        _buffer = new SegmentQueue(pool);
        _waitAt = options.MaxWriteBufferSize is > 0 and long limit ? limit : long.MaxValue;
        _goOnBelow = Math.Max(1, _waitAt / 2);
        _quietMilliseconds = (long)options.QuietTime.TotalMilliseconds;
        _wait.RunContinuationsAsynchronously = options.ApplicationScheduling != ApplicationScheduling.Inline;
    }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushed;

    private long Unsent => _buffer.Length + _staged;

    private bool IsReady => _cancelRequested || _closed || _fault is not null || !_full;

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_completed)
            throw new InvalidOperationException("Writing is not allowed after the writer was completed.");
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        // Once it is known that the tail must stay, nobody else touches it.
        if (_writing)
            return GetMemoryOfTail(sizeHint);
        lock (_gate)
        {
            _writing = true;
            return _buffer.GetMemory(sizeHint);
        }
    }

    public override void Advance(int bytes)
    {
        // After a flush the memory may be given back at any moment.
        if (!_writing && bytes != 0)
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "No memory was asked for since a flush.");
        _buffer.Advance(bytes);
        _unflushed += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        bool wake;
        lock (_gate)
        {
            Commit();
            Send();
            UpdateFull();
            if (IsReady)
                return new(TakeResult());
            if (!_wait.IsPending)
            {
                short version = _wait.Begin(signaled: false);
                _wait.Register(static (output, by) => ((TransportOutput)output!).Cancel(by), this, cancellationToken);
                return new(this, version);
            }

            // As in a Pipe this ends both: what they wrote may have come to lie in any order.
            _fault = ExceptionDispatchInfo.Capture(
                new InvalidOperationException("Concurrent reads or writes are not supported."));
            DropFlushed();
            wake = TakeWaiter();
        }

        if (wake)
            _wait.Wake();
        _connection.FailSending(_fault.SourceException);
        return ValueTask.FromException<FlushResult>(_fault.SourceException);
    }

    public override ValueTask<FlushResult> WriteAsync(
        ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        _closed && !_completed && _fault is null
            ? new(new FlushResult(isCanceled: false, isCompleted: true))
            : base.WriteAsync(source, cancellationToken);

    public override void CancelPendingFlush() => Cancel(by: null);

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

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token)
    {
        CancellationToken cancellation = _wait.End(token);
        FlushResult result;
        lock (_gate)
        {
            _wait.Forget();
            result = TakeResult();
        }

        cancellation.ThrowIfCancellationRequested();
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

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
        if (_closed || _fault is not null)
            DropFlushed();
        else if (_buffer.Length == 0)
            _buffer.Consume(0, keepTail: false);
    }

    private bool TakeWaiter()
    {
        UpdateFull();
        return _wait.TrySignal(IsReady);
    }

    private void UpdateFull()
    {
        long unsent = Unsent;
        _full = unsent >= _waitAt || (_full && unsent >= _goOnBelow);
    }

    /// <summary>Throws what ended the output, if two writers did. Under the lock.</summary>
    private FlushResult TakeResult()
    {
        bool canceled = _cancelRequested;
        _cancelRequested = false;
        _fault?.Throw();
        return new FlushResult(canceled, _closed);
    }

    private void Cancel(CancellationToken? by)
    {
        bool wake;
        lock (_gate)
        {
            if (by is { } token && !_wait.IsCanceledBy(token))
                return;
            _cancelRequested = true;
            wake = TakeWaiter();
        }

        if (wake)
            _wait.Wake();
    }
}
