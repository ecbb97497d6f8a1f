using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Penstock.Kestrel.Buffers;

namespace Penstock.Kestrel.Connections;

/// <summary>
/// What was received and not yet consumed. The loop writes, after one copy out of its receive buffer; the application reads
/// from any thread.
/// </summary>
/// <remarks>
/// Not a <see cref="Pipe"/>, because of two things that one keeps to itself: whether requests wait behind the one being
/// answered, and the moment when the application starts to wait; both decide when replies are sent.
/// </remarks>
internal sealed class TransportInput : PipeReader, IValueTaskSource<ReadResult>, IThreadPoolWorkItem
{
    private readonly TransportConnection _connection;
    private readonly long _pauseAbove;
    private readonly bool _inline;
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<ReadResult> _read;
    private CancellationTokenRegistration _cancellation;
    private SegmentQueue _buffer;

    /// <summary>Bytes at the front that the application has seen and wants more behind.</summary>
    private long _examined;

    private Exception? _error;
    private bool _finished;
    private bool _paused;

    /// <summary>The application waits in <see cref="ReadAsync"/>.</summary>
    private bool _waiting;

    /// <summary>The application holds a result that it has not advanced past.</summary>
    private bool _reading;

    private bool _cancelRequested;
    private bool _completed;

    public TransportInput(TransportConnection connection, MemoryPool<byte> pool, PenstockTransportOptions options)
    {
        _connection = connection;
        _buffer = new SegmentQueue(pool);
        _pauseAbove = options.MaxReadBufferSize is > 0 and long limit ? limit : long.MaxValue;
        _inline = options.ApplicationScheduling == ApplicationScheduling.Inline;
    }

    /// <summary>More requests, or more of this one, are here already. A hint: any thread, without the lock.</summary>
    public bool HasUnread => _buffer.Length > 0 && !_waiting;

    private bool IsReady => _cancelRequested || _finished || _buffer.Length > _examined;

    /// <summary>
    /// The application has left its loop and asks for more, which is where it comes back. Without this a busy connection
    /// would stay away: its next request is often here before the reply to the last one has returned.
    /// </summary>
    private bool BelongsOnLoop => _inline && !_finished && !_cancelRequested && !_connection.IsOnLoop;

    /// <summary>Takes what arrived. Loop thread only.</summary>
    /// <returns>False when receiving must pause until <see cref="TransportConnection.ResumeReceiving"/>.</returns>
    public bool Receive(ReadOnlySpan<byte> data)
    {
        bool wake;
        lock (_gate)
        {
            if (_completed || _finished)
                return true;
            _buffer.Write(data);
            wake = TakeWaiter();
            _paused = _buffer.Length > _pauseAbove;
        }

        // Run at once, the application may have consumed enough by now.
        if (wake)
            Wake();
        return !Volatile.Read(ref _paused);
    }

    /// <summary>Nothing more will arrive: the peer finished, or <paramref name="error"/> says what happened.</summary>
    public void Finish(Exception? error)
    {
        bool wake;
        lock (_gate)
        {
            if (_finished)
                return;
            _finished = true;
            _error = error;
            wake = TakeWaiter();
        }

        if (wake)
            Wake();
    }

    /// <summary>Gives the application, which waits, what there is.</summary>
    public void CompleteRead()
    {
        ReadResult result;
        Exception? error;
        lock (_gate)
            error = Result(out result);
        if (error is null)
            _read.SetResult(result);
        else
            _read.SetException(error);
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        bool ready;
        lock (_gate)
        {
            ThrowIfNotReadable();
            ready = IsReady;
            if (ready && !BelongsOnLoop)
                return Result(out ReadResult result) is { } error ? ValueTask.FromException<ReadResult>(error) : new(result);
            _read.Reset();
            _waiting = !ready;
        }

        // Replies that waited for company have no more to wait for.
        _connection.SendDeferred();
        var pending = new ValueTask<ReadResult>(this, _read.Version);
        if (ready)
            _connection.RequestReadOnLoop();
        if (cancellationToken.CanBeCanceled)
            Register(cancellationToken);
        return pending;
    }

    public override bool TryRead(out ReadResult result)
    {
        lock (_gate)
        {
            ThrowIfNotReadable();
            if (!IsReady)
            {
                result = default;
                return false;
            }

            if (Result(out result) is { } error)
                throw error;
            return true;
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        bool resume;
        lock (_gate)
        {
            _reading = false;
            if (_completed || _buffer.Length == 0)
                return;
            ReadOnlySequence<byte> unread = _buffer.Unread;
            long start = IndexOf(unread.Start);
            long consumedCount = consumed.GetObject() is null ? 0 : IndexOf(consumed) - start;
            long examinedCount = examined.GetObject() is null ? 0 : IndexOf(examined) - start;
            if (consumedCount < 0 || consumedCount > examinedCount || examinedCount > _buffer.Length)
                throw new InvalidOperationException("The positions are not of the buffer that was read, or examined lies before consumed.");
            _buffer.Consume(consumedCount, keepTail: false);
            _examined = examinedCount - consumedCount;
            resume = _paused && _buffer.Length <= _pauseAbove / 2;
            _paused &= !resume;
        }

        if (resume)
            _connection.ResumeReceiving();
    }

    public override void CancelPendingRead()
    {
        bool wake;
        lock (_gate)
        {
            _cancelRequested = true;
            wake = TakeWaiter();
        }

        if (wake)
            Wake();
    }

    public override void Complete(Exception? exception = null)
    {
        bool resume;
        lock (_gate)
        {
            if (_completed)
                return;
            _completed = true;
            _buffer.Consume(_buffer.Length, keepTail: false);
            resume = _paused;
            _paused = false;
        }

        // What still arrives is dropped, but the peer's end must be seen.
        if (resume)
            _connection.ResumeReceiving();
    }

    /// <summary>Runs the application on the thread pool.</summary>
    void IThreadPoolWorkItem.Execute() => CompleteRead();

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        _cancellation.Dispose();
        _cancellation = default;
        return _read.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);

    private static long IndexOf(SequencePosition position) =>
        ((PooledSegment)position.GetObject()!).RunningIndex + position.GetInteger();

    private bool TakeWaiter()
    {
        bool wake = _waiting && IsReady;
        _waiting &= !wake;
        return wake;
    }

    private void Wake()
    {
        if (_inline)
            CompleteRead();
        else
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>What there is to read, or why there is nothing more. Under the lock.</summary>
    private Exception? Result(out ReadResult result)
    {
        bool canceled = _cancelRequested;
        _cancelRequested = false;
        if (_error is not null && !canceled)
        {
            result = default;
            return _error;
        }

        _reading = true;
        result = new ReadResult(_buffer.Unread, canceled, _finished);
        return null;
    }

    private void ThrowIfNotReadable()
    {
        if (_completed)
            throw new InvalidOperationException("Reading is not allowed after the reader was completed.");
        if (_waiting)
            throw new InvalidOperationException("Another read is under way.");
        if (_reading)
            throw new InvalidOperationException("Reading is already in progress.");
    }

    private void Register(CancellationToken cancellationToken)
    {
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (input, token) => ((TransportInput)input!).Cancel(token), this);
        _cancellation = registration;
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_waiting)
                return;
            _waiting = false;
        }

        _read.SetException(new OperationCanceledException(cancellationToken));
    }
}
