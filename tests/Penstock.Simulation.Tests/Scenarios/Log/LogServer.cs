using System.Text;
using Penstock.KeyValue;
using Penstock.KeyValue.Durability;
using Penstock.KeyValue.Storage;
using Penstock.KeyValue.Store;
using Penstock.Simulation.Tests.Files;

namespace Penstock.Simulation.Tests.Scenarios.Log;

/// <summary>
/// A key-value database over a simulated disk, without threads: each part takes a step when it is told to. Beside it is
/// a model of what it owes, which is compared with every recovery.
/// </summary>
internal sealed class LogServer
{
    private const string Path = "/data";

    private readonly SeededGenerator _chance;
    private readonly LogModel _model = new();
    private readonly KeyValueOptions _options;
    private readonly bool _repliesEarly;
    private KeyValueDatabase? _database;
    private LogClient? _client;
    private Task? _compactorWaits;

    /// <summary>The transaction that must survive the end of the power, with all before it.</summary>
    private int _synced;

    /// <summary>The transaction that must survive the end of the process.</summary>
    private int _written;

    /// <summary>The log was in doubt when the process ended, or is damaged.</summary>
    private bool _mayHaveHole;

    /// <param name="chance">What clients do.</param>
    /// <param name="disk">The disk; its first directory is made by the server.</param>
    /// <param name="sync">When the log is synced.</param>
    /// <param name="compactLogBytes">The log's size from which on a snapshot replaces it.</param>
    /// <param name="repliesEarly">Plants the bug that a transaction is acknowledged before its sync.</param>
    public LogServer(
        SeededGenerator chance, SimulatedDisk disk, SyncPolicy sync, long compactLogBytes, bool repliesEarly = false)
    {
        _chance = chance;
        _repliesEarly = repliesEarly;
        Disk = disk;
        _options = new KeyValueOptions
        {
            DataDirectory = Path,
            Sync = sync,
            HashKey = chance.Next(),
            CompactLogBytes = compactLogBytes,
        };
        _options.Loops.Count = 1;
        _options.Loops.TimeProvider = Clock;
    }

    public WallClock Clock { get; } = new();

    public SimulatedDisk Disk { get; private set; }

    /// <summary>Called before every call to the disk with its name and path.</summary>
    public Action<string, string>? BeforeCall { get; set; }

    public bool IsRunning => _database is not null;

    /// <summary>Transactions so far.</summary>
    public long Transactions { get; private set; }

    /// <summary>Bytes of their records.</summary>
    public long Bytes { get; private set; }

    /// <summary>Starts the server and compares what it has recovered with what it owes.</summary>
    public void Start()
    {
        Disk.BeforeCall = BeforeCall;
        _options.Disk = Disk;
        KeyValueDatabase database = Load();
        _model.Recover(Contents(database.Keyspace), _written, Clock);

        // The log was synced when it was opened, and clients may read all of it.
        _synced = _written = 0;
        _mayHaveHole = false;
        _client = new LogClient(_chance, Clock, _model, database);
        _compactorWaits = null;
        _database = database;
    }

    /// <summary>A client's transaction. None writes while the log refuses it.</summary>
    public void Transact()
    {
        int bytes = _client!.Transact(mayWrite: _database!.Log!.Failure is null);
        if (bytes == 0)
            return;
        Transactions++;
        Bytes += bytes;
        if (_repliesEarly)
            _synced = _written = _model.Count;
    }

    public void StepLog()
    {
        AppendLog log = _database!.Log!;
        (long released, long syncs) = (log.Released, log.Syncs);
        log.Step();
        if (log.Syncs > syncs && !log.IsDoubtful)
            _synced = Math.Max(_synced, (int)released);
        NoteReleased();
    }

    /// <summary>Returns whether a snapshot is under way.</summary>
    public bool StepCompactor()
    {
        if (_compactorWaits is null or { IsCompleted: true })
            _compactorWaits = _database!.Compactor!.Step();
        return _compactorWaits is not null;
    }

    public void RequestCompaction() => _database!.RequestCompaction();

    /// <summary>Ends the server in order. What the disk took is owed then.</summary>
    public void Stop()
    {
        _database!.Dispose();
        NoteReleased();
        if (_database.Log!.Failure is null)
            _synced = _written = _model.Count;
        EndProcess();
    }

    /// <summary>Ends the process, which may be within a call. The cache stays.</summary>
    public void Kill()
    {
        NoteReleased();
        EndProcess();
    }

    /// <summary>Ends the power; what was not synced is left to the choices.</summary>
    public void FailPower(CrashChoices choices)
    {
        NoteReleased();
        _written = _synced;
        Forget();
        Disk = Disk.AfterPowerFailure(choices);
    }

    /// <summary>
    /// Changes a byte of a log that is on the disk, while no server runs. Only what was written before it is owed then,
    /// and a server may refuse to start until the directory is repaired.
    /// </summary>
    public void Damage(string log)
    {
        var file = (SimulatedFileNode)Disk.Find(System.IO.Path.Combine(Path, log))!;
        byte[] bytes = file.ToArray();
        file.Write([(byte)~bytes[bytes.Length / 2]], bytes.Length / 2);
        file.Sync();
        _synced = _written = 0;
        _mayHaveHole = true;
    }

    /// <summary>
    /// The same server and what it owes, over what one of many possible power failures leaves of the disk.
    /// </summary>
    public LogServer AfterPowerFailure(CrashChoices choices)
    {
        NoteReleased();
        var server = new LogServer(
            _chance, Disk.AfterPowerFailure(choices), _options.Sync, _options.CompactLogBytes, _repliesEarly)
        {
            _written = _synced,
            _mayHaveHole = _mayHaveHole,
        };
        server._model.CopyFrom(_model);
        server.Clock.Advance(Clock.GetTimestamp());
        return server;
    }

    private void NoteReleased()
    {
        if (_database?.Log is not { } log)
            return;
        _written = Math.Max(_written, (int)log.Released);
        if (log.IsStrict)
            _synced = Math.Max(_synced, _written);
        _mayHaveHole = log.IsDoubtful;
    }

    private void EndProcess()
    {
        // Where a sync that failed has the old pages read again, the cache is worth no more than the disk.
        if (Disk.ReadsOldPages)
            _written = _synced;
        Forget();
        Disk = Disk.AfterKill();
    }

    private void Forget()
    {
        _database?.Keyspace.Dispose();
        _database = null;
    }

    /// <summary>
    /// A server may refuse to start over what a sync that failed has lost. It had refused writes since then, and the
    /// directory is repaired.
    /// </summary>
    private KeyValueDatabase Load()
    {
        try
        {
            return new KeyValueDatabase(_options);
        }
        catch (InvalidDataException) when (_mayHaveHole)
        {
            KeyValueStorage.Repair(Path, Disk);
            return new KeyValueDatabase(_options);
        }
    }

    private static Dictionary<string, StoredValue> Contents(Keyspace keyspace)
    {
        using ShardLock locks = keyspace.Lock(Keyspace.AllShards);
        var contents = new Dictionary<string, StoredValue>();
        foreach (Shard shard in keyspace.Shards)
        {
            for (int i = 0; i < shard.Count; i++)
            {
                ref Entry entry = ref shard[i];
                string key = Encoding.UTF8.GetString(entry.Key);
                contents.Add(key, new StoredValue(entry.Value.ToArray(), entry.ExpiresAt, Since: 0));
            }
        }

        return contents;
    }
}
