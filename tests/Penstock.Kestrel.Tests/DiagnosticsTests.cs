using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Penstock.Kestrel.Tests;

/// <summary>
/// Kestrel's event counters, events and meters after the same traffic: right, and on Penstock the same as on the stock
/// transport.
/// </summary>
[Collection(nameof(Alone))]
public sealed class DiagnosticsTests
{
    /// <summary>Kestrel's limit is for each endpoint, and a WebSocket is not counted.</summary>
    private const int ConnectionLimit = 3;

    /// <summary>Those that the limit counts, the WebSocket, and one over TLS.</summary>
    private const int OpenAtOnce = ConnectionLimit + 2;

    private static readonly string[] Counters =
    [
        "connections-per-second", "total-connections", "tls-handshakes-per-second", "total-tls-handshakes",
        "failed-tls-handshakes", "current-tls-handshakes", "current-connections", "connection-queue-length",
        "request-queue-length", "current-upgraded-requests",
    ];

    private static CancellationToken Canceled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TransportKind.ThreadPool)]
    [InlineData(TransportKind.Inline)]
    public async Task Monitoring_sees_the_same_as_on_the_stock_transport(TransportKind kind)
    {
        string[] stock = await ObserveAsync(TransportKind.Stock);
        string[] penstock = await ObserveAsync(kind);

        // Three plain ones, a WebSocket, one of HTTP/2, one that fails at TLS and one over the limit.
        Assert.Contains("counter total-connections 7", stock);
        Assert.Contains("counter connections-per-second 7", stock);
        Assert.Contains("counter current-connections 0", stock);
        Assert.Contains("counter total-tls-handshakes 2", stock);
        Assert.Contains("counter failed-tls-handshakes 1", stock);
        Assert.Contains("event ConnectionStart 7", stock);
        Assert.Contains("event ConnectionStop 7", stock);
        Assert.Contains("event ConnectionRejected 1", stock);
        Assert.Equal(stock, penstock);
    }

    /// <summary>What the counters have gained, which events there were, and the measurements with their tags.</summary>
    private static async Task<string[]> ObserveAsync(TransportKind kind)
    {
        using var events = new KestrelEvents();
        TestServer server = await StartAsync(kind);
        using var meters = new KestrelMeasurements(server.Services.GetRequiredService<IMeterFactory>());
        await Deadline.Until(() => Counters.All(name => !double.IsNaN(events[name])), "every counter has reported");
        await events.Shows("current-connections", 0);
        Dictionary<string, double> before = Counters.ToDictionary(name => name, name => events[name]);

        await GenerateTrafficAsync(server, events);
        string[] listening = [server.EndPoint.ToString(), SecureEndPoint(server).ToString()];
        await server.StopAsync(Canceled);
        await server.DisposeAsync();
        await events.Shows("current-connections", 0);
        await events.Shows("connections-per-second", before["connections-per-second"] + 7);
        await events.Shows("tls-handshakes-per-second", before["tls-handshakes-per-second"] + 2);

        AssertEndPoints([.. events.ByName["ConnectionStart"]], listening);
        IEnumerable<string> counters = Counters.Select(name => Line("counter", name, events[name] - before[name]));
        IEnumerable<string> counts = events.ByName.Select(group => Line("event", group.Key, group.Count()));
        return [.. counters, .. counts.Order(StringComparer.Ordinal), .. meters.Lines];
    }

    private static Task<TestServer> StartAsync(TransportKind kind) => TestServer.StartAsync(
        kind,
        AnswerAsync,
        kestrel: options =>
        {
            options.Limits.MaxConcurrentConnections = ConnectionLimit;
            options.Listen(IPAddress.Loopback, 0);
            options.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(Certificates.Server));
        },
        application: app => app.UseWebSockets());

    private static async Task GenerateTrafficAsync(TestServer server, KestrelEvents events)
    {
        await FailHandshakeAsync(server);
        await events.Shows("current-connections", 0);
        using var webSocket = new ClientWebSocket();
        await webSocket.ConnectAsync(new Uri($"ws://127.0.0.1:{server.Port}/"), Canceled);
        await events.Shows("current-upgraded-requests", 1);
        using RawClient first = await RequestTwiceAsync(server);
        using RawClient second = await RequestTwiceAsync(server);
        using RawClient third = await RequestTwiceAsync(server);
        using HttpClient secure = await RequestOverHttp2Async(server);
        await events.Shows("current-connections", OpenAtOnce);

        using RawClient oneTooMany = await server.ConnectAsync();
        await oneTooMany.ReadToErrorAsync();
        await Deadline.Until(() => events.ByName["ConnectionRejected"].Any(), "a connection is rejected");
        await events.Shows("current-connections", OpenAtOnce);

        await webSocket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Canceled);
        first.Dispose();
        second.Reset();
        secure.Dispose();
        await events.Shows("current-connections", 1);
        await events.Shows("current-upgraded-requests", 0);
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await context.Response.WriteAsync("answer", Canceled);
            return;
        }

        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        await socket.ReceiveAsync(new byte[16], Canceled);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Canceled);
    }

    private static async Task FailHandshakeAsync(TestServer server)
    {
        using RawClient client = await RawClient.ConnectAsync(SecureEndPoint(server));
        await client.SendAsync("This is not a ClientHello.");
        await client.ReadToErrorAsync();
    }

    private static async Task<RawClient> RequestTwiceAsync(TestServer server)
    {
        RawClient client = await server.ConnectAsync();
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.ReadResponseAsync();
        }

        return client;
    }

    private static async Task<HttpClient> RequestOverHttp2Async(TestServer server)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) =>
            presented!.GetCertHashString() == Certificates.Server.GetCertHashString();
        var client = new HttpClient(handler)
        {
            BaseAddress = new Uri($"https://localhost:{SecureEndPoint(server).Port}/"),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        Assert.Equal("answer", await client.GetStringAsync("", Canceled));
        return client;
    }

    private static IPEndPoint SecureEndPoint(TestServer server) =>
        new(IPAddress.Loopback, new Uri(server.Addresses.Last()).Port);

    private static void AssertEndPoints(EventWrittenEventArgs[] started, string[] listening)
    {
        Assert.All(started, start => Assert.Contains((string)start.Payload![1]!, listening));
        Assert.Distinct(started.Select(start => start.Payload![0]));
        Assert.Distinct(started.Select(start => start.Payload![2]));
    }

    private static string Line(string kind, string name, double value) =>
        string.Create(CultureInfo.InvariantCulture, $"{kind} {name} {value}");
}
