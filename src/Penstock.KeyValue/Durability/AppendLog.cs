namespace Penstock.KeyValue.Durability;

/// <summary>
/// The append-only log. Loops add records under the locks of the keys that they change, so the log's order is the order
/// of the changes; a thread of its own writes and syncs, and everything that was added meanwhile shares the next sync.
/// </summary>
/// <remarks>
/// <para>A write that fails is tried again from where it began until it succeeds: what is in memory stays ahead of the
/// disk, no further write is accepted meanwhile, and nothing that was acknowledged is lost.</para>
/// <para>After a sync that failed the kernel may have dropped what it could not write, and another sync would succeed
/// for nothing. What was not acknowledged yet is written again. If there is more, the log is in doubt: writes are
/// refused until a snapshot has taken its place.</para>
/// </remarks>
internal sealed class AppendLog : IDisposable
{
    /// <summary>What may wait to be written before clients are made to wait, where they do not wait anyway.</summary>
    private const int MaxPendingBytes = 64 * 1024 * 1024;

    private static readonly TimeSpan RetryTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SyncPeriod = TimeSpan.FromSeconds(1);

    private readonly Func<int, LogFile> _openSegment;
    private readonly SyncPolicy _sync;
    private readonly TimeProvider _time;
    private readonly object _gate = new();
    private readonly Thread _thread;
    private LogBuffer _pending = new();
    private LogBuffer _writing = new();
    private LogFile _file;
    private int _segment;
    private TaskCompletionSource<int>? _rotation;
    private long _appended;
    private long _released;
    private long _syncs;
    private long _lastSync;
    private long _syncedLength;

    /// <summary>The segment that may have a hole; 0 for none.</summary>
    private int _doubtful;
    private bool _stopping;
    private volatile string? _failure;

    /// <param name="segment">The segment to append to.</param>
    /// <param name="openSegment">Opens a segment's file by its number.</param>
    /// <param name="sync">When to sync.</param>
    /// <param name="time">The clock of the once-a-second sync.</param>
    public AppendLog(int segment, Func<int, LogFile> openSegment, SyncPolicy sync, TimeProvider time)
    {
        _segment = segment;
        _openSegment = openSegment;
        _sync = sync;
        _time = time;
        _lastSync = time.GetTimestamp();
        _file = openSegment(segment);
        _syncedLength = _file.Length;
        _thread = new Thread(Run) { Name = "penstock-log", IsBackground = true };
        _thread.Start();
    }

    /// <summary>
    /// Called on the log's thread whenever <see cref="Released"/> has moved. Set before the first
    /// record.
    /// </summary>
    public Action? OnReleased { get; set; }

    /// <summary>Records added so far; the number of the last one.</summary>
    public long Appended => Volatile.Read(ref _appended);

    /// <summary>Records up to this number are as safe as the policy asks.</summary>
    public long Released => Volatile.Read(ref _released);

    public long Syncs => Volatile.Read(ref _syncs);

    /// <summary>Bytes of the segment that is written now.</summary>
    public long FileBytes => _file.Length;

    /// <summary>Why records cannot be written now; null when they can.</summary>
    public string? Failure => _failure ?? (IsDoubtful ? "A sync failed; a snapshot must make up for it" : null);

    /// <summary>What was acknowledged may be missing on the disk; a snapshot makes up for it.</summary>
    public bool IsDoubtful => Volatile.Read(ref _doubtful) != 0;

    /// <summary>Whether a write may only be acknowledged when it is on the disk.</summary>
    public bool IsStrict => _sync == SyncPolicy.Always;

    /// <summary>Whether replies must wait until <see cref="Released"/> has reached <see cref="Appended"/>.</summary>
    public bool MustWait => Appended > Released && (IsStrict || IsFull);

    /// <summary>More waits to be written than should: who writes on must be made to wait.</summary>
    public bool IsFull => Volatile.Read(ref _pending).Length > MaxPendingBytes;

    /// <summary>Adds a record and empties its builder. Any thread; the locks of what it changes are held.</summary>
    public void Append(LogRecordBuilder record)
    {
        lock (_gate)
        {
            _pending.Add(record.Payload);
            _appended++;
            Monitor.Pulse(_gate);
        }

        record.Reset();
    }

    /// <summary>
    /// Goes on in a new segment. Completes with its number when everything added before is on disk in the segments
    /// before.
    /// </summary>
    /// <exception cref="IOException">The next segment cannot be made, or the log has ended.</exception>
    public Task<int> RotateAsync()
    {
        lock (_gate)
        {
            if (_stopping)
                return Task.FromException<int>(new IOException("The log has ended."));
            _rotation ??= new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            Monitor.Pulse(_gate);
            return _rotation.Task;
        }
    }

    /// <summary>A snapshot holds everything before this segment, so the ones before do not matter any more.</summary>
    public void Forget(int before)
    {
        lock (_gate)
        {
            if (_doubtful < before)
                Volatile.Write(ref _doubtful, 0);
        }
    }

    /// <summary>Writes and syncs what there is, and ends. What cannot be written is given up.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
        _file.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            (long upTo, bool stop, TaskCompletionSource<int>? rotation) = TakePending();
            if (!WriteTaken(upTo))
            {
                RefuseRotations(rotation);
                return;
            }

            if (rotation is not null)
                Rotate(rotation);
            if (stop)
            {
                TrySync();
                return;
            }
        }
    }

    private (long UpTo, bool Stop, TaskCompletionSource<int>? Rotation) TakePending()
    {
        lock (_gate)
        {
            while (_pending.Length == 0 && !_stopping && _rotation is null && !IsSyncDue)
            {
                if (HasUnsynced && _sync == SyncPolicy.EverySecond)
                    Monitor.Wait(_gate, SyncPeriod);
                else
                    Monitor.Wait(_gate);
            }

            (_pending, _writing) = (_writing, _pending);
            TaskCompletionSource<int>? rotation = _rotation;
            _rotation = null;
            return (_appended, _stopping, rotation);
        }
    }

    private bool HasUnsynced => _file.Length > _syncedLength;

    private bool IsSyncDue =>
        HasUnsynced && _sync == SyncPolicy.EverySecond && _time.GetElapsedTime(_lastSync) >= SyncPeriod;

    /// <summary>Returns false when the log ends without having written it.</summary>
    private bool WriteTaken(long upTo)
    {
        while (!TryWrite())
        {
            lock (_gate)
            {
                if (_stopping)
                    return false;
                Monitor.Wait(_gate, RetryTime);
            }
        }

        _writing.Clear();
        Release(upTo);
        return true;
    }

    private bool TryWrite()
    {
        int count = _writing.Length;
        try
        {
            if (count > 0)
                _file.Append(_writing.Written.Span);
            if (IsStrict || IsSyncDue)
                SyncNow(count);
            _failure = null;
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Fail(exception);
            return false;
        }
    }

    /// <summary>Syncs; if that fails, the last <paramref name="count"/> bytes are taken back.</summary>
    private void SyncNow(int count)
    {
        if (!HasUnsynced)
            return;
        try
        {
            _file.Sync();
        }
        catch (IOException)
        {
            _file.Retract(count);
            if (HasUnsynced)
                Doubt();
            throw;
        }

        _syncedLength = _file.Length;
        _lastSync = _time.GetTimestamp();
        Volatile.Write(ref _syncs, _syncs + 1);
    }

    private void Doubt()
    {
        lock (_gate)
            Volatile.Write(ref _doubtful, _segment);
    }

    private void Fail(Exception exception)
    {
        if (_failure is null)
            KeyValueEventSource.Log.LogWriteFailed(_file.Path, exception.Message);
        _failure = exception.Message;
        OnReleased?.Invoke();
    }

    private void Release(long upTo)
    {
        if (_released == upTo)
            return;
        Volatile.Write(ref _released, upTo);
        OnReleased?.Invoke();
    }

    /// <summary>
    /// The log has ended, and whoever waits for the next segment must not wait for ever: the one who was taken, and the
    /// one who asked while nothing could be written.
    /// </summary>
    private void RefuseRotations(TaskCompletionSource<int>? taken)
    {
        lock (_gate)
        {
            taken?.SetException(new IOException("The log has ended."));
            _rotation?.SetException(new IOException("The log has ended."));
            _rotation = null;
        }
    }

    private void Rotate(TaskCompletionSource<int> rotation)
    {
        try
        {
            SyncNow(0);
            LogFile next = _openSegment(_segment + 1);
            _file.Dispose();
            _file = next;
            _syncedLength = next.Length;
            rotation.SetResult(++_segment);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            rotation.SetException(exception);
        }
    }

    private void TrySync()
    {
        try
        {
            _file.Sync();
        }
        catch (IOException exception)
        {
            Fail(exception);
        }
    }
}
