using Penstock.KeyValue.Durability.Files;

namespace Penstock.KeyValue.Durability;

/// <summary>
/// The append-only log. Loops add records under the locks of the keys that they change, so the log's order is the order
/// of the changes; a thread of its own writes and syncs, and everything that was added meanwhile shares the next sync.
/// </summary>
/// <remarks>
/// <para>The thread only calls <see cref="Step"/>, which does what there is to do and never waits. A simulation calls
/// it itself.</para>
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
    private Thread? _thread;
    private LogBuffer _pending = new();
    private LogBuffer _writing = new();
    private LogFile _file;
    private int _segment;

    /// <summary>Who waits for the next segment, and will share it; and who has it behind what is written now.</summary>
    private TaskCompletionSource<int>? _rotation;
    private TaskCompletionSource<int>? _rotating;
    private long _appended;
    private long _released;
    private long _syncs;
    private long _lastSync;

    /// <summary>The segment that may have a hole; 0 for none.</summary>
    private int _doubtful;
    private bool _stopping;
    private bool _ended;
    private long _taken;
    private long _lastCheck;
    private long _failedAt;
    private volatile string? _failure;

    /// <param name="segment">The segment to append to.</param>
    /// <param name="openSegment">Opens a segment's file by its number.</param>
    /// <param name="sync">When to sync.</param>
    /// <param name="time">The clock of the once-a-second sync, and of the next attempt after one that failed.</param>
    public AppendLog(int segment, Func<int, LogFile> openSegment, SyncPolicy sync, TimeProvider time)
    {
        _segment = segment;
        _openSegment = openSegment;
        _sync = sync;
        _time = time;
        _lastSync = _lastCheck = time.GetTimestamp();
        _file = openSegment(segment);
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

    /// <summary>Writes on a thread of its own from now on.</summary>
    public void Start()
    {
        _thread = new Thread(Run) { Name = "penstock-log", IsBackground = true };
        _thread.Start();
    }

    /// <summary>
    /// Writes and syncs what is due. Returns after how long there may be something again, if nothing is added before.
    /// </summary>
    public TimeSpan Step()
    {
        if (_failure is not null && !_stopping && UntilRetry is { Ticks: > 0 } wait)
            return wait;
        bool stop = Take();
        if (!TryWrite())
        {
            if (stop)
                End();
            return RetryTime;
        }

        Release(_taken);
        if (_rotating is not null)
            Rotate();
        if (stop)
            Finish();
        return UntilDue;
    }

    /// <summary>Writes and syncs what there is, and ends. What cannot be written is given up.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }

        _thread?.Join();
        while (!_ended)
            Step();
        _file.Dispose();
    }

    private void Run()
    {
        while (!_ended)
        {
            TimeSpan wait = Step();
            lock (_gate)
            {
                if (!HasWork)
                    Monitor.Wait(_gate, wait);
            }
        }
    }

    /// <summary>
    /// Whether <see cref="Step"/> has something to do now. While the disk fails, only time brings that.
    /// </summary>
    private bool HasWork => _stopping || (_failure is null && (HasPending || _rotation is not null));

    private bool HasPending => Volatile.Read(ref _pending).Length > 0;

    private TimeSpan UntilRetry => RetryTime - _time.GetElapsedTime(_failedAt);

    /// <summary>When the next sync is due, or the next look at the file.</summary>
    private TimeSpan UntilDue
    {
        get
        {
            bool mustSync = _file.HasUnsynced && _sync == SyncPolicy.EverySecond;
            TimeSpan left = SyncPeriod - _time.GetElapsedTime(mustSync ? _lastSync : _lastCheck);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>
    /// Takes what is to be written, unless something is left from before: what could not be written, or the end of the
    /// segment. Returns whether the log is to end.
    /// </summary>
    private bool Take()
    {
        lock (_gate)
        {
            if (_writing.Length == 0 && _rotating is null)
            {
                (_pending, _writing) = (_writing, _pending);
                _taken = _appended;
                _rotating = _rotation;
                _rotation = null;
            }

            return _stopping;
        }
    }

    private bool IsSyncDue =>
        _file.HasUnsynced && _sync == SyncPolicy.EverySecond && _time.GetElapsedTime(_lastSync) >= SyncPeriod;

    private bool TryWrite()
    {
        try
        {
            bool isDue = IsStrict || IsSyncDue;
            Write(isDue);
            if (isDue)
                Mark();
            if (isDue || _time.GetElapsedTime(_lastCheck) >= SyncPeriod)
                CheckPlace();
            _failure = null;
            return true;
        }
        catch (IOException exception)
        {
            Fail(exception);
            return false;
        }
    }

    private void Write(bool sync)
    {
        int count = _writing.Length;

        // Again, when it was taken back.
        Mark();
        if (count > 0)
            _file.Append(_writing.Written.Span);
        if (sync)
            SyncNow(count);
        _writing.Clear();
    }

    /// <summary>Syncs; if that fails, the last <paramref name="count"/> bytes are taken back.</summary>
    private void SyncNow(int count)
    {
        if (_file.HasUnsynced)
            SyncFile(count);
    }

    private void SyncFile(int count)
    {
        try
        {
            _file.Sync();
        }
        catch (IOException)
        {
            if (!_file.TakeBack(count))
                Doubt();
            throw;
        }

        _lastSync = _time.GetTimestamp();
        Volatile.Write(ref _syncs, _syncs + 1);
    }

    /// <summary>
    /// Notes that everything is on the disk. Before a write is acknowledged, so that damage of it is never taken for a
    /// write that did not end.
    /// </summary>
    private void Mark()
    {
        if (_doubtful != _segment)
            _file.Mark();
    }

    private void CheckPlace()
    {
        _file.RequireInPlace();
        _lastCheck = _time.GetTimestamp();
    }

    private void Doubt()
    {
        lock (_gate)
            Volatile.Write(ref _doubtful, _segment);
    }

    private void Fail(IOException exception)
    {
        if (_failure is null)
            KeyValueEventSource.Log.LogWriteFailed(exception.Message);
        _failedAt = _time.GetTimestamp();
        _failure = (exception as DiskException)?.Reason ?? exception.Message;
        OnReleased?.Invoke();
    }

    private void Release(long upTo)
    {
        if (_released == upTo)
            return;
        Volatile.Write(ref _released, upTo);
        OnReleased?.Invoke();
    }

    private void Rotate()
    {
        TaskCompletionSource<int> rotation = _rotating!;
        _rotating = null;
        try
        {
            EndSegment();
            CheckPlace();
            LogFile next = _openSegment(_segment + 1);
            _file.Dispose();
            _file = next;
            rotation.SetResult(++_segment);
        }
        catch (IOException exception)
        {
            rotation.SetException(exception);
        }
    }

    /// <summary>
    /// All of it is on the disk, and so is the mark that says so: in front of another log, a torn one would be damage.
    /// </summary>
    private void EndSegment()
    {
        SyncNow(0);
        Mark();
        SyncFile(0);
    }

    /// <summary>
    /// Whoever waits for the next segment must not wait for ever: the one who was taken, and the one who asked while
    /// nothing could be written.
    /// </summary>
    private void End()
    {
        lock (_gate)
        {
            _rotating?.SetException(new IOException("The log has ended."));
            _rotation?.SetException(new IOException("The log has ended."));
            _rotating = _rotation = null;
            _ended = true;
        }
    }

    private void Finish()
    {
        if (HasPending)
            return;
        try
        {
            EndSegment();
        }
        catch (IOException exception)
        {
            Fail(exception);
        }

        End();
    }
}
