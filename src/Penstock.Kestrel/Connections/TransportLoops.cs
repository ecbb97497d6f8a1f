using System.Buffers;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Penstock.Kestrel.Diagnostics;

namespace Penstock.Kestrel.Connections;

/// <summary>The loops of one transport, and what every connection on them shares.</summary>
internal sealed class TransportLoops : IAsyncDisposable
{
    /// <summary>
    /// What a peer gets to answer our FIN with its own; a stop waits no longer for those that do not.
    /// </summary>
    private static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(2);

    private readonly MemoryPool<byte>[] _pools;

    public TransportLoops(
        PenstockTransportOptions options,
        ILoggerFactory loggerFactory,
        IMemoryPoolFactory<byte>? pools,
        IMeterFactory? meters)
    {
        options.Validate();
        Options = options;
        Log = loggerFactory.CreateLogger("Penstock.Kestrel");
        Group = new LoopGroup(new LoopOptions
        {
            Count = options.LoopCount,
            Io = options.IoMechanism,
            MaxConnectionsPerLoop = options.MaxConnections,
        });
        for (int i = 0; i < Group.Count; i++)
            Group[i].Post(LeaveSynchronizationContext);
        _pools = new MemoryPool<byte>[Group.Count];
        for (int i = 0; i < _pools.Length; i++)
            _pools[i] = pools?.Create(new MemoryPoolOptions { Owner = "penstock" }) ?? MemoryPool<byte>.Shared;
        if (IsInline)
            Stalls = new StallDetector(Group.Count, options.StallWarningThreshold, Log, meters);
        TransportLog.Started(Log, Group.Description, options.ApplicationScheduling);
    }

    /// <summary>
    /// What an engine's connection may do here: everything, because Kestrel keeps its own time limits and this
    /// transport bounds what it stages. The marks make the engine report whenever a send queue has become empty.
    /// </summary>
    public static ConnectionOptions Unlimited => Unlimit(new ConnectionOptions());

    public PenstockTransportOptions Options { get; }

    public LoopGroup Group { get; }

    public ILogger Log { get; }

    /// <summary>Watches for code that holds a loop; null when no code but ours runs there.</summary>
    public StallDetector? Stalls { get; }

    public bool IsInline => Options.ApplicationScheduling == ApplicationScheduling.Inline;

    /// <summary>A pool per loop, so that loops do not contend for blocks.</summary>
    public MemoryPool<byte> PoolOf(int loop) => _pools[loop];

    public ServerOptions CreateServerOptions(System.Net.EndPoint endPoint)
    {
        var options = new ServerOptions
        {
            EndPoint = endPoint,
            Backlog = Options.Backlog,
            NoDelay = Options.NoDelay,
            MaxConnections = checked(Options.MaxConnections * Group.Count),
            ShutdownTimeout = LingerTime,
        };
        Unlimit(options);
        return options;
    }

    public async ValueTask DisposeAsync()
    {
        await Group.DisposeAsync().ConfigureAwait(false);
        Stalls?.Dispose();
        foreach (MemoryPool<byte> pool in _pools)
            pool.Dispose();
    }

    /// <summary>
    /// Applications here are written for none. With the loop's, code after an <c>await</c> would come back to the loop
    /// as posted work, which nobody watches, and waiting synchronously for it would stop the loop for good.
    /// </summary>
    private static void LeaveSynchronizationContext() => SynchronizationContext.SetSynchronizationContext(null);

    private static ConnectionOptions Unlimit(ConnectionOptions options)
    {
        options.IdleTimeout = Timeout.InfiniteTimeSpan;
        options.FirstMessageTimeout = Timeout.InfiniteTimeSpan;
        options.WriteStallTimeout = Timeout.InfiniteTimeSpan;
        options.LingerTimeout = LingerTime;
        options.SlowConsumer = SlowConsumerPolicy.Notify;
        options.MaxSendQueueBytes = 0;
        options.ResumeSendQueueBytes = 0;
        return options;
    }
}
