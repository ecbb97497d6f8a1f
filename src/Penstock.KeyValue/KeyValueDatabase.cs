using System.Collections.Concurrent;
using System.Security.Cryptography;
using Penstock.KeyValue.Commands;
using Penstock.KeyValue.Durability;
using Penstock.KeyValue.Store;

namespace Penstock.KeyValue;

/// <summary>What all loops and both protocols share: keys, log, clients, subscriptions and settings.</summary>
internal sealed class KeyValueDatabase : IDisposable
{
    /// <summary>What clients are told, who look at it to decide what they may ask for.</summary>
    public const string RedisVersion = "7.0.15";

    private readonly ConcurrentDictionary<long, Session> _clients = new();
    private readonly TaskCompletionSource _shutdownRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DataDirectory? _directory;
    private long _lastClientId;

    /// <summary>Loads what is in the data directory, if there is one.</summary>
    /// <exception cref="IOException">The directory is in use, or cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file in it is damaged; the message says where.</exception>
    public KeyValueDatabase(KeyValueOptions options)
    {
        Options = options;
        Settings = new KeyValueSettings(options);
        Time = options.Loops.TimeProvider;
        Warnings = new ClientWarnings(Time);
        Publications = new Publications(this);
        Loops = new PerLoop<KeyValueLoop>(loop => new KeyValueLoop(this, loop));
        Keyspace = new Keyspace(MayHaveSeveralLoops(options.Loops) ? int.MaxValue : 1, options.HashKey);
        StartedAt = UnixTime;
        if (options.DataDirectory is null)
            return;

        _directory = DataDirectory.Open(options.DataDirectory, options.Disk);
        try
        {
            int segment = Recovery.Load(_directory, Keyspace);
            Log = new AppendLog(segment, _directory.OpenSegment, options.Sync, Time) { OnReleased = ReleaseReplies };
            Compactor = new Compactor(this, _directory, Log);
        }
        catch
        {
            _directory.Dispose();
            Keyspace.Dispose();
            throw;
        }
    }

    public KeyValueOptions Options { get; }

    public KeyValueSettings Settings { get; }

    public TimeProvider Time { get; }

    public Keyspace Keyspace { get; }

    /// <summary>Null when everything is in memory only.</summary>
    public AppendLog? Log { get; }

    /// <summary>Null when everything is in memory only.</summary>
    public Compactor? Compactor { get; }

    public Publications Publications { get; }

    public ClientWarnings Warnings { get; }

    /// <summary>Clients of the Redis protocol, on all loops.</summary>
    public IEnumerable<Session> Clients => _clients.Values;

    public int ClientCount => _clients.Count;

    /// <summary>What each loop keeps, whatever the protocols of its connections.</summary>
    public PerLoop<KeyValueLoop> Loops { get; }

    /// <summary>Unix time in milliseconds.</summary>
    public long UnixTime => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public long StartedAt { get; }

    /// <summary>Names this run of the server, in 40 hexadecimal digits.</summary>
    public string RunId { get; } = RandomNumberGenerator.GetHexString(40, lowercase: true);

    /// <summary>Unix time in seconds.</summary>
    public long LastSnapshotAt => (Compactor?.LastSnapshotAt ?? StartedAt) / 1000;

    public bool IsCompacting => Compactor?.IsRunning ?? false;

    /// <summary>Whether the last snapshot that was begun could not be written.</summary>
    public bool HasSnapshotFailed => Compactor?.HasFailed ?? false;

    /// <summary>Completes when a client asked the server to end.</summary>
    public Task ShutdownRequested => _shutdownRequested.Task;

    /// <summary>Gives log and snapshots their threads. Without them, somebody else has their steps done.</summary>
    /// <exception cref="IOException">The system has no thread left.</exception>
    public void Start()
    {
        Log?.Start();
        Compactor?.Start();
    }

    public long Sum(Func<KeyValueLoop, long> value) => Loops.Values.Sum(value);

    public long NextClientId() => Interlocked.Increment(ref _lastClientId);

    public void AddClient(Session session) => _clients.TryAdd(session.ClientId, session);

    /// <summary>The client of this number; null when it is gone.</summary>
    public Session? ClientOf(long id) => _clients.GetValueOrDefault(id);

    public void RemoveClient(Session session) => _clients.TryRemove(session.ClientId, out _);

    public void RequestShutdown() => _shutdownRequested.TrySetResult();

    /// <param name="ended">Called when it is done, with whether it succeeded, on any thread.</param>
    public void RequestCompaction(Action<bool>? ended = null) => Compactor?.Request(ended);

    /// <summary>Ends the log, with everything in it on disk. The loops do not serve any more.</summary>
    public void Dispose()
    {
        Compactor?.Stop();
        Log?.Dispose();
        Compactor?.Dispose();
        _directory?.Dispose();
        Keyspace.Dispose();
    }

    private static bool MayHaveSeveralLoops(LoopOptions loops) =>
        loops.Io == IoMechanism.ThreadPerConnection || (loops.Io != IoMechanism.Blocking && loops.Count > 1);

    /// <summary>On the log's thread.</summary>
    private void ReleaseReplies()
    {
        // A loop raises its flag and then looks at the log's mark. The mark must not become visible after the flags are
        // read here, or neither side would see the other's.
        Interlocked.MemoryBarrier();
        foreach (KeyValueLoop loop in Loops.Values)
        {
            if (loop.Replies!.HasWaiting)
                loop.Context.Post(loop.Replies.Release);
        }
    }
}
