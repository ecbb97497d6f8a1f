using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Penstock.Kestrel.Tests;

public abstract partial class TransportContract
{
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task HTTPS_is_served(string version)
    {
        await using TestServer server = await TestServer.StartAsync(Kind, ProtocolAsync, listen: UseHttps);
        using HttpClient client = CreateHttpsClient(server, new Version(version));

        Assert.Equal($"HTTP/{(version == "2.0" ? "2" : version)} 0", await client.GetStringAsync("", Canceled));
    }

    [Fact]
    public async Task A_hundred_streams_of_HTTP2_share_a_connection()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, ProtocolAsync, listen: UseHttps);
        using HttpClient client = CreateHttpsClient(server, HttpVersion.Version20);
        byte[] body = new byte[200_000];

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ =>
        {
            using HttpResponseMessage response = await client.PostAsync("", new ByteArrayContent(body), Canceled);
            return await response.Content.ReadAsStringAsync(Canceled);
        })).Within();

        Assert.All(answers, answer => Assert.Equal("HTTP/2 200000", answer));
    }

    [Fact]
    public async Task A_large_reply_over_TLS_arrives_whole()
    {
        await using TestServer server = await TestServer.StartAsync(
            Kind, ProduceAsync, listen: UseHttps, configure: Unlimited);
        using HttpClient client = CreateHttpsClient(server, HttpVersion.Version11);

        using HttpResponseMessage response = await client.GetAsync("", HttpCompletionOption.ResponseHeadersRead, Canceled);

        Assert.Equal(Large, await VerifyAsync(await response.Content.ReadAsStreamAsync(Canceled)));
    }

    [Fact]
    public async Task A_clients_certificate_is_seen()
    {
        await using TestServer server = await TestServer.StartAsync(
            Kind,
            context => context.Response.WriteAsync(context.Connection.ClientCertificate?.Subject ?? "nobody", Canceled),
            listen: options => options.UseHttps(https =>
            {
                https.ServerCertificate = Certificates.Server;
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.AllowAnyClientCertificate();
            }));
        using HttpClient client = CreateHttpsClient(server, HttpVersion.Version11, Certificates.Client);

        Assert.Equal("CN=penstock-client", await client.GetStringAsync("", Canceled));
    }

    [Fact]
    public async Task A_client_that_does_not_speak_TLS_is_turned_away()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, ProtocolAsync, listen: UseHttps);
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadToErrorAsync();

        using HttpClient honest = CreateHttpsClient(server, HttpVersion.Version11);
        Assert.Equal("HTTP/1.1 0", await honest.GetStringAsync("", Canceled));
    }

    [Fact]
    public async Task A_WebSocket_echoes_messages_of_every_size()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, EchoWebSocketAsync, application: app => app.UseWebSockets());
        using var client = new ClientWebSocket();
        await client.ConnectAsync(new Uri($"ws://127.0.0.1:{server.Port}/"), Canceled);

        foreach (int size in (int[])[0, 1, 125, 126, 65_535, 65_536, 500_000])
        {
            byte[] message = new byte[size];
            Pattern.Fill(message, size);
            Task sending = client.SendAsync(message, WebSocketMessageType.Binary, true, Canceled);
            Assert.Equal(message, await ReceiveAsync(client));
            await sending;
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", Canceled);
        Assert.Equal(WebSocketState.Closed, client.State);
    }

    [Fact]
    public async Task Events_that_the_server_sends_arrive_one_by_one()
    {
        var next = new SemaphoreSlim(0);
        await using TestServer server = await TestServer.StartAsync(Kind, async context =>
        {
            context.Response.ContentType = "text/event-stream";
            for (int i = 0; i < 5; i++)
            {
                await context.Response.WriteAsync($"data: {i}\n\n", Canceled);
                await context.Response.Body.FlushAsync(Canceled);
                await next.WaitAsync(Canceled);
            }
        });
        using HttpClient client = server.CreateClient();
        using var reader = new StreamReader(await client.GetStreamAsync("", Canceled));

        for (int i = 0; i < 5; i++)
        {
            Assert.Equal($"data: {i}", await reader.ReadLineAsync(Canceled).AsTask().Within());
            Assert.Equal("", await reader.ReadLineAsync(Canceled).AsTask().Within());
            next.Release();
        }

        Assert.Null(await reader.ReadLineAsync(Canceled).AsTask().Within());
    }

    [Fact]
    public async Task HTTP2_without_TLS_is_served_with_prior_knowledge()
    {
        await using TestServer server = await TestServer.StartAsync(
            Kind, ProtocolAsync, listen: options => options.Protocols = HttpProtocols.Http2);
        using HttpClient client = server.CreateClient();
        client.DefaultRequestVersion = HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;

        Assert.Equal("HTTP/2 0", await client.GetStringAsync("", Canceled));
    }

    private static void UseHttps(ListenOptions options) => options.UseHttps(Certificates.Server);

    private static HttpClient CreateHttpsClient(TestServer server, Version version, X509Certificate2? certificate = null)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, presented, _, _) =>
                    presented!.GetCertHashString() == Certificates.Server.GetCertHashString(),
                LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate!,
            },
        };
        return new HttpClient(handler)
        {
            BaseAddress = new Uri($"https://localhost:{server.Port}/"),
            DefaultRequestVersion = version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Deadline.Long,
        };
    }

    private static async Task ProtocolAsync(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, Canceled);
        await context.Response.WriteAsync($"{context.Request.Protocol} {body.Length}", Canceled);
    }

    private static async Task EchoWebSocketAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[16 * 1024];
        while (true)
        {
            ValueWebSocketReceiveResult part = await socket.ReceiveAsync(buffer.AsMemory(), Canceled);
            if (part.MessageType == WebSocketMessageType.Close)
                break;
            await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, Canceled);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", Canceled);
    }

    private static async Task<byte[]> ReceiveAsync(ClientWebSocket client)
    {
        var message = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await client.ReceiveAsync(buffer.AsMemory(), Canceled);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return message.ToArray();
    }
}
