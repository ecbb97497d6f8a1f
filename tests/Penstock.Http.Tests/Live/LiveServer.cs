using System.Net;
using System.Net.Sockets;

namespace Penstock.Http.Tests.Live;

/// <summary>A server on real loops and a free port of loopback, or on a Unix socket.</summary>
internal sealed class LiveServer : IAsyncDisposable
{
    private readonly HttpServer _server;

    public LiveServer(
        HttpRoutes routes, int loops = 1, string? unixPath = null, HttpOptions? http = null, IoMechanism? io = null)
        : this(routes, new ServerOptions(), http ?? new HttpOptions(), loops, unixPath, io)
    {
    }

    public LiveServer(
        HttpRoutes routes,
        ServerOptions options,
        HttpOptions http,
        int loops = 1,
        string? unixPath = null,
        IoMechanism? io = null)
    {
        if (io is { } mechanism)
            TestIo.SkipIfRefused(mechanism);
        TestIo.Apply(options.Loops, loops, io);
        if (unixPath is not null)
            options.EndPoint = new UnixDomainSocketEndPoint(unixPath);
        _server = HttpServer.Start(options, http, routes);
    }

    public static CancellationToken Patience
    {
        get
        {
            var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            source.CancelAfter(TimeSpan.FromSeconds(60));
            return source.Token;
        }
    }

    public HttpServer Server => _server;

    public int Port => ((IPEndPoint)_server.Listener.EndPoint).Port;

    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>Waits until the heads of so many requests have been understood.</summary>
    public Task RequestsAsync(long count) => Until.TrueAsync(() => _server.ReadStatistics().Requests >= count);

    /// <summary>Waits until the connections have been told that the server stops.</summary>
    public Task StoppingAsync() => Until.TrueAsync(() => _server.IsStopping);

    public HttpClient CreateClient() => new() { BaseAddress = new Uri(Url) };

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
