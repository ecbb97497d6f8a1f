using System.Net;
using Penstock.Http.Parsing;
using Penstock.Http.Serving;

namespace Penstock.Http;

/// <summary>An HTTP/1.1 server on event loops.</summary>
/// <remarks>All members may be called from any thread.</remarks>
public sealed class HttpServer : IAsyncDisposable
{
    /// <summary>How often request deadlines are looked at and the date is renewed: their granularity.</summary>
    public static readonly TimeSpan SweepPeriod = TimeSpan.FromMilliseconds(250);

    private static readonly IPEndPoint LoopbackEndPoint = new(IPAddress.Loopback, 0);

    private readonly PerLoop<HttpLoop> _loops;
    private TcpServer? _listener;

    internal HttpServer(HttpOptions options, HttpRoutes routes) =>
        _loops = new PerLoop<HttpLoop>(loop => new HttpLoop(this, options, routes, loop));

    /// <summary>The listener and its connections; stopping it stops the server.</summary>
    public TcpServer Listener => _listener ?? throw new InvalidOperationException("The server is being started.");

    /// <summary>Completes when the server has stopped; faulted when its listener or a loop broke.</summary>
    public Task Completion => Listener.Completion;

    /// <summary>The hosts that requests may name.</summary>
    internal HostRules Hosts { get; private set; } = HostRules.Any;

    /// <summary>Whether a loop has been told that the server stops. Any thread; may be a moment late.</summary>
    internal bool IsStopping => _loops.Values.Any(loop => loop.IsStopping);

    /// <summary>Starts a server on loops of its own. It accepts connections when this returns.</summary>
    /// <param name="options">What a connection may cost; read once, here.</param>
    /// <param name="http">What a request may cost; read once, here.</param>
    /// <param name="routes">Who serves what; not to be changed any more.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option's value; the message names it.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The address is in use, or not allowed.</exception>
    public static HttpServer Start(ServerOptions options, HttpOptions http, HttpRoutes routes)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Start(options, http, routes, factory => TcpServer.Start(options, factory));
    }

    /// <summary>Starts a server on given loops, beside whatever else they serve. It does not end them.</summary>
    /// <inheritdoc cref="Start(ServerOptions, HttpOptions, HttpRoutes)"/>
    public static HttpServer Start(ServerOptions options, HttpOptions http, HttpRoutes routes, LoopGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return Start(options, http, routes, factory => TcpServer.Start(options, factory, group));
    }

    /// <summary>What the server has done so far.</summary>
    public HttpStatistics ReadStatistics()
    {
        LoopGroup? group = _listener?.Group;
        LoopCounters[] engine = [.. Enumerable.Range(0, group?.Count ?? 0).Select(loop => group![loop].ReadCounters())];
        HttpCounters[] http = [.. _loops.Values.Select(loop => loop.Counters)];
        return new HttpStatistics
        {
            Engine = group?.Description ?? "",
            Loops = engine.Length,
            Connections = _listener?.ConnectionCount ?? 0,
            ConnectionsAccepted = engine.Sum(loop => loop.AcceptedConnections),
            Requests = http.Sum(loop => loop.Requests),
            RequestsRejected = http.Sum(loop => loop.Rejected),
            BodyBytesReceived = http.Sum(loop => loop.BodyBytes),
            Responses = [.. Enumerable.Range(2, 4).Select(status => http.Sum(loop => loop.Responses(status)))],
            BytesReceived = engine.Sum(loop => loop.ReceivedBytes),
            BytesSent = engine.Sum(loop => loop.SentBytes),
            Sends = engine.Sum(loop => loop.Sends),
        };
    }

    /// <summary>
    /// Stops accepting, closes connections that are between requests, and serves the requests that have begun, their
    /// uploads and downloads to the end. Each is the last of its connection. Those that are not done after
    /// <see cref="ServerOptions.ShutdownTimeout"/> are reset. Calling it again joins the stop that is under way.
    /// </summary>
    /// <param name="cancellationToken">Ends the patience: what is left is reset at once.</param>
    public Task StopAsync(CancellationToken cancellationToken = default) => Listener.StopAsync(cancellationToken);

    /// <summary>As <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync() => await Listener.DisposeAsync().ConfigureAwait(false);

    private static HttpServer Start(
        ServerOptions options,
        HttpOptions http,
        HttpRoutes routes,
        Func<Func<EventLoopContext, ConnectionHandler>, TcpServer> listen)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(routes);
        http.Validate(options);
        http = http.Copy();
        var server = new HttpServer(http, routes)
        {
            // Where an inherited socket listens is seen below.
            Hosts = HostRules.For(http.AllowedHosts, options.EndPoint as IPEndPoint ?? LoopbackEndPoint),
        };
        try
        {
            server._listener = listen(server.CreateHandler);
        }
        catch
        {
            server.StopSweeping();
            throw;
        }

        server.Hosts = HostRules.For(http.AllowedHosts, server._listener.EndPoint);
        server._listener.Completion.ContinueWith(_ => server.StopSweeping(), TaskScheduler.Default);
        return server;
    }

    private HttpConnectionHandler CreateHandler(EventLoopContext context)
    {
        HttpLoop loop = _loops[context];
        var handler = new HttpConnectionHandler(loop);
        loop.Sweeping = context.StartTimer(SweepPeriod, handler.Sweep);
        return handler;
    }

    /// <summary>The loops may go on, with other servers.</summary>
    private void StopSweeping()
    {
        foreach (HttpLoop loop in _loops.Values)
            loop.Sweeping?.Dispose();
    }
}
