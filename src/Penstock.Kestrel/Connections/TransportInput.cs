using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;
using Penstock.Kestrel.Buffers;

namespace Penstock.Kestrel.Connections;

/// <summary>
/// What was received and not yet consumed. The loop writes, after one copy out of its receive buffer; the application
/// reads from any thread.
/// </summary>
/// <remarks>
/// Not a <see cref="Pipe"/>, because of two things that one keeps to itself: whether requests wait behind the one being
/// answered, and the moment when the application starts to wait; both decide when replies are sent. To its reader it
/// behaves as one in every other respect, misuse included; a test runs both through the same operations.
/// </remarks>
internal sealed class TransportInput : PipeReader, IValueTaskSource<ReadResult>, IThreadPoolWorkItem
{
    private readonly TransportConnection _connection;
    private readonly long _pauseAt;
    private readonly long _resumeBelow;
    private readonly bool _inline;
    private readonly Lock _gate = new();
    private PendingWait _wait;
    private SegmentQueue _buffer;

    /// <summary>Bytes at the front that the application has seen and wants more behind.</summary>
    private long _examined;

    /// <summary>What the waiting reader wants to be there before it is woken.</summary>
    private long _minimum;

    private ExceptionDispatchInfo? _fault;
    private bool _finished;
    private bool _paused;

    /// <summary>A read need not wait: something arrived that was not examined, or nothing more will.</summary>
    private bool _available;

    private ReadState _state;

    /// <summary>A read waits, and no other took its result.</summary>
    private bool _running;

    private bool _cancelRequested;
    private bool _completed;

    public TransportInput(TransportConnection connection, MemoryPool<byte> pool, PenstockTransportOptions options)
    {
        _connection = connection;
        _buffer = new SegmentQueue(pool);
        _pauseAt = options.MaxReadBufferSize is > 0 and long limit ? limit : long.MaxValue;
        _resumeBelow = Math.Max(1, _pauseAt / 2);
        _inline = options.ApplicationScheduling == ApplicationScheduling.Inline;
    }

    /// <summary>What the application may do with the bytes that it was shown.</summary>
    private enum ReadState
    {
        /// <summary>Nothing: there is no read to advance past.</summary>
        None,

        /// <summary>A read was cancelled or found nothing: it may be advanced past, and need not be.</summary>
        Tentative,

        /// <summary>They must be advanced past before the next read.</summary>
        Active,
    }

    /// <summary>More requests, or more of this one, are here already. A hint: any thread, without the lock.</summary>
    public bool HasUnread => _buffer.Length > 0 && !_wait.IsUnsignaled;

    /// <summary>Receiving is to rest until the application has examined more.</summary>
    public bool IsPaused => Volatile.Read(ref _paused);

    /// <summary>
    /// What counts against the limit. Not all that is stored: a reader that wants more behind what it has seen would
    /// wait for ever if that had stopped the receiving.
    /// </summary>
    private long Unexamined => _buffer.Length - _examined;

    private bool IsReady => _cancelRequested || _available;

    /// <summary>
    /// The application has left its loop and asks for more, which is where it comes back. Without this a busy
    /// connection would stay away: its next request is often here before the reply to the last one has returned.
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
            long before = Unexamined;
            _buffer.Write(data);

            // A reader that waits for more than the limit must get it.
            if (Unexamined >= _minimum)
            {
                _available = true;
                _paused |= before < _pauseAt && Unexamined >= _pauseAt;
            }

            wake = _wait.TrySignal(IsReady);
        }

        // Run at once, the application may have consumed enough by now.
        if (wake)
            Wake();
        return !IsPaused;
    }

    /// <summary>Nothing more will arrive: the peer finished, or <paramref name="error"/> says what happened.</summary>
    public void Finish(Exception? error)
    {
        bool wake;
        lock (_gate)
            wake = TryFinish(error);
        if (wake)
            Wake();
    }

    /// <summary>Wakes the application, which waits; once for each signal.</summary>
    public void CompleteRead() => _wait.Wake();

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        ReadAsync(0, cancellationToken);

    public override bool TryRead(out ReadResult result)
    {
        lock (_gate)
        {
            ThrowIfCompleted();
            if (Unexamined > 0 || IsReady)
            {
                result = TakeResult();
                return true;
            }

            if (_running || _state == ReadState.Active)
                throw AlreadyReading();
            _state = ReadState.Tentative;
            result = default;
            return false;
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        bool resume, hadRead;
        lock (_gate)
        {
            ThrowIfCompleted();
            Advance(consumed, examined);
            if (Unexamined == 0 && !_finished)
                _available = false;
            resume = Unexamined < _resumeBelow && TakePause();
            hadRead = _state != ReadState.None;
            _state = ReadState.None;
        }

        if (resume)
            _connection.ResumeReceiving();
        if (!hadRead)
            throw new InvalidOperationException("No reading operation to complete.");
    }

    public override void CancelPendingRead() => Cancel(by: null);

    public override void Complete(Exception? exception = null)
    {
        bool resume;
        lock (_gate)
        {
            if (_completed)
                return;
            _completed = true;
            _state = ReadState.None;
            _buffer.Consume(_buffer.Length, keepTail: false);
            _examined = 0;
            resume = TakePause();
        }

        // What still arrives is dropped, but the peer's end must be seen.
        if (resume)
            _connection.ResumeReceiving();
    }

    /// <summary>Runs the application on the thread pool.</summary>
    void IThreadPoolWorkItem.Execute() => CompleteRead();

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        CancellationToken cancellation = _wait.End(token);
        ReadResult result;
        lock (_gate)
        {
            _wait.Forget();
            result = TakeResult();
        }

        if (result.IsCanceled)
            cancellation.ThrowIfCancellationRequested();
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    protected override ValueTask<ReadResult> ReadAtLeastAsyncCore(
        int minimumSize, CancellationToken cancellationToken) => ReadAsync(minimumSize, cancellationToken);

    private ValueTask<ReadResult> ReadAsync(int minimum, CancellationToken cancellationToken)
    {
        bool ready, resume, wake = false;
        ValueTask<ReadResult> pending;
        lock (_gate)
        {
            ThrowIfCompleted();
            if (cancellationToken.IsCancellationRequested)
                return ValueTask.FromCanceled<ReadResult>(cancellationToken);
            ready = IsReady;
            if (ready && !HasEnough(minimum))
            {
                if (_state == ReadState.Active)
                    throw AlreadyReading();
                _state = ReadState.None;
                ready = _available = false;
            }

            if (ready && (_wait.IsPending || !BelongsOnLoop))
                return new(TakeResult());
            if (_wait.IsPending)
            {
                // As in a Pipe this ends both: neither can know what the other took.
                wake = TryFinish(new InvalidOperationException("Concurrent reads or writes are not supported."));
                pending = ValueTask.FromException<ReadResult>(_fault!.SourceException);
                resume = false;
            }
            else
            {
                _minimum = minimum;
                _running = true;
                resume = minimum > 0 && TakePause();
                pending = new(this, _wait.Begin(signaled: ready));
                if (!ready)
                    _wait.Register(static (input, by) => ((TransportInput)input!).Cancel(by), this, cancellationToken);
            }
        }

        if (wake)
            Wake();
        if (resume)
            _connection.ResumeReceiving();
        _connection.OnReadWaits();
        if (ready)
            _connection.RequestReadOnLoop();
        return pending;
    }

    private bool HasEnough(int minimum) => _cancelRequested || _finished || Unexamined >= minimum;

    private bool TryFinish(Exception? error)
    {
        if (_finished)
            return false;
        _finished = _available = true;
        _fault = error is null ? null : ExceptionDispatchInfo.Capture(error);
        return _wait.TrySignal(IsReady);
    }

    private bool TakePause()
    {
        bool resume = _paused;
        _paused = false;
        return resume;
    }

    private void Wake()
    {
        if (_inline)
            CompleteRead();
        else
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>What there is to read; throws why there is nothing more. Under the lock.</summary>
    private ReadResult TakeResult()
    {
        _fault?.Throw();
        bool canceled = _cancelRequested;
        _cancelRequested = _running = false;
        if (_state == ReadState.Active)
            throw AlreadyReading();
        _state = canceled ? ReadState.Tentative : ReadState.Active;
        _minimum = 0;
        return new ReadResult(_buffer.Unread, canceled, _finished);
    }

    private void Advance(SequencePosition consumed, SequencePosition examined)
    {
        long start = _buffer.Length == 0 ? 0 : IndexOf(_buffer.Unread.Start);
        long consumedCount = consumed.GetObject() is null ? 0 : IndexOf(consumed) - start;
        long examinedCount = examined.GetObject() is null
            ? Math.Max(consumedCount, _examined) : IndexOf(examined) - start;
        if (consumedCount < 0 || examinedCount < consumedCount || examinedCount > _buffer.Length)
            throw new InvalidOperationException("The positions are not of what was read, or in the wrong order.");
        _buffer.Consume(consumedCount, keepTail: false);
        _examined = examinedCount - consumedCount;
    }

    private static long IndexOf(SequencePosition position) => position.GetObject() is PooledSegment segment
        ? segment.RunningIndex + position.GetInteger()
        : throw new InvalidOperationException("The position is not of what was read.");

    private void ThrowIfCompleted()
    {
        if (_completed)
            throw new InvalidOperationException("Reading is not allowed after the reader was completed.");
    }

    private static InvalidOperationException AlreadyReading() => new("Reading is already in progress.");

    private void Cancel(CancellationToken? by)
    {
        bool wake;
        lock (_gate)
        {
            if (by is { } token && !_wait.IsCanceledBy(token))
                return;
            _cancelRequested = true;
            wake = _wait.TrySignal(IsReady);
        }

        if (wake)
            Wake();
    }
}
