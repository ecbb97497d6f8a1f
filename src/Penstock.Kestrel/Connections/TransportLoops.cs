using System.Buffers;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Penstock.Kestrel.Diagnostics;

namespace Penstock.Kestrel.Connections;

/// <summary>The loops of one transport, and what every connection on them shares.</summary>
internal sealed class TransportLoops : IAsyncDisposable
{
    /// <summary>
    /// No limit of its own: the connections of an endpoint are counted, and may all come to lie on one loop.
    /// </summary>
    private const int SlotsPerLoop = 1 << 20;

    private readonly MemoryPool<byte>[] _pools;
    private readonly Action<Exception> _onBroken;
    private int _broken;

    /// <param name="options">Read once, here.</param>
    /// <param name="loggerFactory">Gets the category <c>Penstock.Kestrel</c>.</param>
    /// <param name="pools">Where buffers come from; null for the shared pool.</param>
    /// <param name="meters">Where the stall metrics are made; null for meters of the process.</param>
    /// <param name="onBroken">Told once when an endpoint or a loop has ended by itself.</param>
    public TransportLoops(
        PenstockTransportOptions options,
        ILoggerFactory loggerFactory,
        IMemoryPoolFactory<byte>? pools,
        IMeterFactory? meters,
        Action<Exception> onBroken)
    {
        options.Validate();
        LoadCryptography();
        Options = options;
        _onBroken = onBroken;
        Log = new GuardedLogger(loggerFactory.CreateLogger("Penstock.Kestrel"));
        Group = new LoopGroup(new LoopOptions
        {
            Count = options.LoopCount,
            Io = options.IoMechanism,
            MaxConnectionsPerLoop = Math.Max(options.MaxConnections, SlotsPerLoop),
            StopTimeout = options.DrainTimeout,
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
    public ConnectionOptions Unlimited => Unlimit(new ConnectionOptions());

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
            MaxConnections = Options.MaxConnections,
            ShutdownTimeout = Options.DrainTimeout,
        };
        Unlimit(options);
        return options;
    }

    /// <summary>
    /// An endpoint ended by itself, or the loop under it. Kestrel would log it and go on without: the process would
    /// live and serve nobody.
    /// </summary>
    public void ReportBroken(System.Net.EndPoint endPoint, Exception exception)
    {
        if (Interlocked.Exchange(ref _broken, 1) != 0)
            return;
        TransportLog.Broken(Log, endPoint, exception);
        _onBroken(exception);
    }

    public async ValueTask DisposeAsync()
    {
        await Group.DisposeAsync().ConfigureAwait(false);
        Stalls?.Dispose();
        foreach (MemoryPool<byte> pool in _pools)
            pool.Dispose();
    }

    /// <summary>
    /// Its native library is opened by whoever hashes first, as the handshake of a WebSocket does. Where there is no
    /// descriptor left for that, nobody in the process hashes any more.
    /// </summary>
    private static void LoadCryptography() => _ = SHA256.HashData([]);

    /// <summary>
    /// Applications here are written for none. With the loop's, code after an <c>await</c> would come back to the loop
    /// as posted work, which nobody watches, and waiting synchronously for it would stop the loop for good.
    /// </summary>
    private static void LeaveSynchronizationContext() => SynchronizationContext.SetSynchronizationContext(null);

    private ConnectionOptions Unlimit(ConnectionOptions options)
    {
        options.IdleTimeout = Timeout.InfiniteTimeSpan;
        options.FirstMessageTimeout = Timeout.InfiniteTimeSpan;
        options.WriteStallTimeout = Timeout.InfiniteTimeSpan;
        options.LingerTimeout = Options.LingerTimeout;
        options.SlowConsumer = SlowConsumerPolicy.Notify;
        options.MaxSendQueueBytes = 0;
        options.ResumeSendQueueBytes = 0;
        return options;
    }
}
