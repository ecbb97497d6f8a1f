namespace Penstock.KeyValue.Durability;

/// <summary>
/// Replaces a long log by a snapshot, on a thread of its own while the loops serve. First the log goes on in a new
/// segment; then every shard is copied in slices, under its lock for one slice at a time. What changes meanwhile is in
/// the new segment, and applying it to a snapshot that has it already changes nothing.
/// </summary>
internal sealed class Compactor : IDisposable
{
    private static readonly TimeSpan CheckPeriod = TimeSpan.FromSeconds(1);

    /// <summary>A snapshot that failed will usually fail again, and each attempt writes much.</summary>
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(10);

    private readonly KeyValueDatabase _database;
    private readonly DataDirectory _directory;
    private readonly AppendLog _log;
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly Thread _thread;
    private volatile bool _stopping;
    private volatile bool _requested;
    private volatile bool _running;
    private bool _failed;
    private long _snapshotBytes;
    private long _lastSnapshotAt;

    public Compactor(KeyValueDatabase database, DataDirectory directory, AppendLog log)
    {
        _database = database;
        _directory = directory;
        _log = log;
        _lastSnapshotAt = database.StartedAt;
        _thread = new Thread(Run) { Name = "penstock-snapshot", IsBackground = true };
        _thread.Start();
    }

    public bool IsRunning => _running;

    /// <summary>Unix time in milliseconds.</summary>
    public long LastSnapshotAt => Volatile.Read(ref _lastSnapshotAt);

    /// <summary>Asks for a snapshot now, however short the log is.</summary>
    public void Request()
    {
        _requested = true;
        _wake.Set();
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
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        while (!_stopping)
        {
            _wake.WaitOne(_failed ? RetryPeriod : CheckPeriod);
            if (_stopping || !(_requested || IsLogLong || _log.IsDoubtful))
                continue;
            _requested = false;
            _running = true;
            TryCompact();
            _running = false;
        }
    }

    private bool IsLogLong =>
        _log.FileBytes >= _database.Options.CompactLogBytes && _log.FileBytes >= _snapshotBytes * 2;

    private void TryCompact()
    {
        try
        {
            Compact();
            _failed = false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _failed = true;
            if (!_stopping)
                KeyValueEventSource.Log.SnapshotFailed(_directory.Path, exception.Message);
        }
    }

    private void Compact()
    {
        int number = _log.RotateAsync().GetAwaiter().GetResult();
        try
        {
            Write(number);
            _directory.Publish(number);
        }
        finally
        {
            // Of one that failed, so that it does not keep the room that the log needs.
            _directory.RemoveUnfinished();
        }

        _log.Forget(before: number);
        Volatile.Write(ref _lastSnapshotAt, _database.UnixTime);
    }

    private void Write(int number)
    {
        using (var writer = new SnapshotWriter(_directory.OpenUnfinishedSnapshot(number)))
        {
            foreach (Store.Shard shard in _database.Keyspace.Shards)
            {
                if (_stopping)
                    throw new IOException("The server ends.");
                writer.Add(shard, _database.UnixTime);
            }

            // The snapshot may hold what the log has not on disk yet: half of a transaction, after a crash.
            WaitForLog();
            writer.Finish();
            _snapshotBytes = writer.Bytes;
            KeyValueEventSource.Log.SnapshotWritten(_directory.SnapshotPath(number), writer.Entries, writer.Bytes);
        }
    }

    /// <summary>Another segment begins when this one is on disk up to now; an empty one more costs nothing.</summary>
    private void WaitForLog() => _log.RotateAsync().GetAwaiter().GetResult();
}
