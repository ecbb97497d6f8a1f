namespace Penstock.KeyValue.Durability;

/// <summary>
/// Replaces a long log by a snapshot, on a thread of its own while the loops serve. First the log goes on in a new
/// segment; then every shard is copied in slices, under its lock for one slice at a time. What changes meanwhile is in
/// the new segment, and applying it to a snapshot that has it already changes nothing.
/// </summary>
/// <remarks>
/// The thread only calls <see cref="Step"/>, which does a bounded part of the work and never waits for the log. A
/// simulation calls it itself.
/// </remarks>
internal sealed class Compactor : IDisposable
{
    private static readonly TimeSpan CheckPeriod = TimeSpan.FromSeconds(1);

    /// <summary>A snapshot that failed will usually fail again, and each attempt writes much.</summary>
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(10);

    private readonly KeyValueDatabase _database;
    private readonly DataDirectory _directory;
    private readonly AppendLog _log;
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();

    /// <summary>Who waits for a snapshot that has not begun.</summary>
    private List<Action<bool>> _waiting = [];

    /// <summary>Who waits for the snapshot that is under way.</summary>
    private List<Action<bool>> _served = [];

    /// <summary>The thread writes no more snapshots.</summary>
    private volatile bool _ended;
    private Thread? _thread;

    /// <summary>The snapshot that is under way; null for none.</summary>
    private IEnumerator<Task>? _work;
    private volatile bool _stopping;
    private volatile bool _requested;
    private volatile bool _running;
    private volatile bool _failed;
    private long _failedAt;
    private long _snapshotBytes;
    private long _lastSnapshotAt;

    public Compactor(KeyValueDatabase database, DataDirectory directory, AppendLog log)
    {
        _database = database;
        _directory = directory;
        _log = log;
        _time = database.Time;
        _lastSnapshotAt = database.StartedAt;
    }

    /// <summary>A snapshot is being written, or will be in a moment because somebody asked.</summary>
    public bool IsRunning => !_ended && (_requested || _running);

    /// <summary>Whether the last snapshot that was begun failed.</summary>
    public bool HasFailed => _failed;

    /// <summary>Unix time in milliseconds.</summary>
    public long LastSnapshotAt => Volatile.Read(ref _lastSnapshotAt);

    /// <summary>Asks for a snapshot now, however short the log is.</summary>
    /// <param name="ended">
    /// Called when it is done, with whether it succeeded, on the thread of the snapshots; with false also when there
    /// will be none any more.
    /// </param>
    public void Request(Action<bool>? ended = null)
    {
        lock (_gate)
        {
            if (!_ended)
            {
                if (ended is not null)
                    _waiting.Add(ended);
                _requested = true;
                _wake.Set();
                return;
            }
        }

        ended?.Invoke(false);
    }

    /// <summary>Works on a thread of its own from now on.</summary>
    /// <exception cref="IOException">The system has no thread left.</exception>
    public void Start() => _thread = StorageThread.Start("penstock-snapshot", "snapshots", Run);

    /// <summary>
    /// Does the next part of a snapshot, and begins one if that is due. Returns what must be over before the part after
    /// it; null when no snapshot is under way.
    /// </summary>
    public Task? Step()
    {
        if (_work is null && (_stopping || !IsDue))
            return null;
        try
        {
            _work ??= Begin();
            if (_work.MoveNext())
                return _work.Current;
            _failed = false;
            End(succeeded: true);
        }
        catch (IOException exception)
        {
            _failedAt = _time.GetTimestamp();
            _failed = true;
            if (!_stopping)
                KeyValueEventSource.Log.SnapshotFailed(exception.Message);
            End(succeeded: false);
        }

        return null;
    }

    /// <summary>Begins no further snapshot and gives up the one that is under way.</summary>
    public void Stop()
    {
        _stopping = true;
        _wake.Set();
    }

    /// <summary>Waits for the end, after <see cref="Stop"/> and the end of the log.</summary>
    public void Dispose()
    {
        Stop();
        _thread?.Join();
        lock (_gate)
        {
            _ended = true;
            _wake.Dispose();
        }
    }

    private void Run()
    {
        while (true)
        {
            if (Step() is { } before)
            {
                ((IAsyncResult)before).AsyncWaitHandle.WaitOne();
            }
            else if (_stopping)
            {
                RefuseWaiting();
                return;
            }
            else
            {
                _wake.WaitOne(CheckPeriod);
            }
        }
    }

    private bool IsDue => _requested
        || ((IsLogLong || _log.IsDoubtful) && (!_failed || _time.GetElapsedTime(_failedAt) >= RetryPeriod));

    private bool IsLogLong =>
        _log.FileBytes >= _database.Options.CompactLogBytes && _log.FileBytes >= _snapshotBytes * 2;

    private IEnumerator<Task> Begin()
    {
        _running = true;
        _requested = false;
        _served = TakeWaiting();
        return Compact();
    }

    private void End(bool succeeded)
    {
        _work = null;
        _running = false;
        _served.ForEach(ended => ended(succeeded));
        _served = [];
    }

    private void RefuseWaiting()
    {
        lock (_gate)
            _ended = true;
        TakeWaiting().ForEach(ended => ended(false));
    }

    private List<Action<bool>> TakeWaiting()
    {
        lock (_gate)
        {
            List<Action<bool>> waiting = _waiting;
            _waiting = [];
            return waiting;
        }
    }

    private IEnumerator<Task> Compact()
    {
        Task<int> rotation = _log.RotateAsync();
        yield return rotation;
        int number = rotation.GetAwaiter().GetResult();
        try
        {
            using var writer = new SnapshotWriter(_directory.OpenUnfinishedSnapshot(number));
            foreach (Store.Shard shard in _database.Keyspace.Shards)
            {
                if (_stopping)
                    throw new IOException("The server ends.");
                writer.Add(shard, _database.UnixTime);
                yield return Task.CompletedTask;
            }

            // The snapshot may hold what the log has not on disk yet: half of a transaction, after a crash. Another
            // segment begins when this one is on disk up to now; an empty one more costs nothing.
            Task<int> safe = _log.RotateAsync();
            yield return safe;
            safe.GetAwaiter().GetResult();
            writer.Finish();
            _directory.Publish(number);
            _snapshotBytes = writer.Bytes;
            KeyValueEventSource.Log.SnapshotWritten(_directory.SnapshotPath(number), writer.Entries, writer.Bytes);
        }
        finally
        {
            // Of one that failed, so that it does not keep the room that the log needs.
            _directory.RemoveUnfinished();
        }

        _log.Forget(before: number);
        Volatile.Write(ref _lastSnapshotAt, _database.UnixTime);
    }
}
