using System.Net;
using System.Net.Sockets;

namespace Penstock.KeyValue;

/// <summary>
/// A key-value server: one store, the protobuf protocol and the Redis protocol over it, on one group of loops. From
/// <see cref="Start"/> it serves, until it is stopped.
/// </summary>
/// <remarks>All members may be called from any thread.</remarks>
public sealed class KeyValueServer : IAsyncDisposable
{
    private static readonly TimeSpan ExpiryPeriod = TimeSpan.FromMilliseconds(100);

    private readonly KeyValueDatabase _database;
    private readonly LoopGroup _group;
    private readonly KeyValueMeter _meter;
    private readonly List<TcpServer> _servers = [];
    private readonly Lock _gate = new();
    private IDisposable? _expiry;
    private Task? _stopping;

    private KeyValueServer(KeyValueDatabase database, LoopGroup group)
    {
        _database = database;
        _group = group;
        _meter = new KeyValueMeter(database);
    }

    /// <summary>Where the protobuf protocol is served; null for nowhere.</summary>
    public EndPoint? EndPoint { get; private set; }

    /// <summary>Where the Redis protocol is served; null for nowhere.</summary>
    public EndPoint? RespEndPoint { get; private set; }

    /// <summary>What really runs, as in <c>epoll, level-triggered, 2 loops</c>.</summary>
    public string Description => _group.Description;

    /// <summary>
    /// Completes when a client asked the server to end with SHUTDOWN. It is then up to the owner to stop it.
    /// </summary>
    public Task ShutdownRequested => _database.ShutdownRequested;

    /// <summary>Completes when a listener has stopped; faulted when it or a loop broke.</summary>
    public Task Completion => Task.WhenAny(_servers.Select(server => server.Completion)).Unwrap();

    internal KeyValueDatabase Database => _database;

    internal LoopGroup Group => _group;

    /// <summary>Loads what is stored and starts to serve. It accepts connections when this returns.</summary>
    /// <exception cref="ArgumentException">An option's value; the message names it.</exception>
    /// <exception cref="IOException">
    /// An address is in use or not allowed, or the data directory is in use or cannot be read.
    /// </exception>
    /// <exception cref="InvalidDataException">A stored file is damaged; the message says where.</exception>
    public static KeyValueServer Start(KeyValueOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var database = new KeyValueDatabase(options);
        KeyValueServer? server = null;
        try
        {
            server = new KeyValueServer(database, new LoopGroup(options.Loops));
            database.Start();
            server.Listen(options);
            return server;
        }
        catch
        {
            if (server is null)
                database.Dispose();
            else
                server.DisposeAsync().AsTask().GetAwaiter().GetResult();
            throw;
        }
    }

    /// <summary>
    /// Stops accepting, lets every connection finish what is staged for it, and ends the log with everything on the
    /// disk. Calling it again joins the stop that is under way.
    /// </summary>
    /// <param name="cancellationToken">
    /// Ends the patience, also that of a stop which is joined: connections that are left are reset at once.
    /// </param>
    /// <exception cref="IOException">
    /// The server has stopped, but the disk has not taken everything; the message says why.
    /// </exception>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await JoinStopAsync(cancellationToken).ConfigureAwait(false);
        if (_database.Log?.Failure is { } failure)
            throw new IOException($"Not everything is on the disk: {failure}.");
    }

    /// <summary>
    /// As <see cref="StopAsync"/>, but resets connections at once, and leaves it to the log's events to tell of a disk
    /// that fails.
    /// </summary>
    public async ValueTask DisposeAsync() =>
        await JoinStopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);

    /// <summary>Begins the stop, or joins it; whoever joins may have less patience than those before.</summary>
    private Task JoinStopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Task stopped = Task.WhenAll(_servers.Select(server => server.StopAsync(cancellationToken)));
            return Task.WhenAll(stopped, _stopping ??= StopCoreAsync(stopped));
        }
    }

    private void Listen(KeyValueOptions options)
    {
        // The protobuf protocol cannot carry a password: serving it would let everybody past the one there is.
        if (options.Protobuf is { } protobuf && (options.Password is null || options.Unprotected))
            EndPoint = Listen(protobuf, loop => new KeyValueHandler(loop));
        if (options.Resp is { } resp)
        {
            RespEndPoint = Listen(resp, loop => new RespHandler(loop));
            RestrictUnixSocket(resp.EndPoint, options.UnixSocketMode);
        }

        _expiry = _group[0].StartTimer(ExpiryPeriod, _database.Loops[_group[0]].ExpireSome);
    }

    private EndPoint Listen(ServerOptions options, Func<KeyValueLoop, ConnectionHandler> create)
    {
        try
        {
            TcpServer server = TcpServer.Start(options, loop => create(_database.Loops[loop]), _group);
            _servers.Add(server);
            return server.EndPoint;
        }
        catch (SocketException exception)
        {
            // With two listeners, the system's error alone would not say which one it is about.
            throw new IOException($"Cannot listen on {options.EndPoint}: {exception.Message}.", exception);
        }
    }

    private static void RestrictUnixSocket(EndPoint endPoint, UnixFileMode mode)
    {
        string path = endPoint is UnixDomainSocketEndPoint ? endPoint.ToString()! : "";
        if (!OperatingSystem.IsWindows() && File.Exists(path))
            File.SetUnixFileMode(path, mode);
    }

    private async Task StopCoreAsync(Task listenersStopped)
    {
        _expiry?.Dispose();
        try
        {
            await listenersStopped.ConfigureAwait(false);
        }
        finally
        {
            // Also when a listener could not stop in order: what was acknowledged goes to the disk.
            await _group.DisposeAsync().ConfigureAwait(false);
            _meter.Dispose();
            _database.Dispose();
        }
    }
}
