using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Penstock.Kestrel.Tests;

/// <summary>What a graceful stop leaves time for.</summary>
public abstract partial class TransportContract
{
    [Fact]
    public async Task A_graceful_stop_lets_every_WebSocket_finish_what_it_says()
    {
        const int Sockets = 100, Messages = 20;
        int open = 0;
        TaskCompletionSource everybody = NewSignal(), stopping = NewSignal();
        await using TestServer server = await TestServer.StartAsync(
            Kind,
            async context =>
            {
                using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
                if (Interlocked.Increment(ref open) == Sockets)
                    everybody.SetResult();
                await stopping.Task;
                await TalkAsync(socket, Messages);
            },
            application: app => app.UseWebSockets());
        var clients = new List<ClientWebSocket>();
        for (int i = 0; i < Sockets; i++)
        {
            var client = new ClientWebSocket();
            clients.Add(client);
            await client.ConnectAsync(new Uri($"ws://127.0.0.1:{server.Port}/"), Canceled);
        }

        await everybody.Task.Within();
        server.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);
        Task stop = server.StopAsync(Canceled);
        string[] heard = await Task.WhenAll(clients.Select(ListenAsync)).Within();

        Assert.All(heard, text => Assert.Equal(string.Concat(Enumerable.Range(0, Messages)), text));
        await stop.Within();
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task A_graceful_stop_lets_a_WebSocket_be_spoken_to_that_was_waiting()
    {
        await using TestServer server = await TestServer.StartAsync(
            Kind, EchoWebSocketAsync, application: app => app.UseWebSockets());
        using var client = new ClientWebSocket();
        await client.ConnectAsync(new Uri($"ws://127.0.0.1:{server.Port}/"), Canceled);
        await client.SendAsync("before"u8.ToArray(), WebSocketMessageType.Binary, true, Canceled);
        Assert.Equal("before"u8.ToArray(), await ReceiveAsync(client));

        TaskCompletionSource stopping = NewSignal();
        server.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);
        Task stop = server.StopAsync(Canceled);
        await stopping.Task.Within();
        await Deadline.Until(() => !IsListening(server), "the endpoint is closed");
        for (int i = 0; i < 20; i++)
        {
            byte[] message = Encoding.ASCII.GetBytes($"message {i}");
            await client.SendAsync(message, WebSocketMessageType.Binary, true, Canceled);
            Assert.Equal(message, await ReceiveAsync(client));
        }

        Assert.False(stop.IsCompleted);
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", Canceled);
        await stop.Within();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_graceful_stop_finishes_events_and_long_polls(bool http2)
    {
        TaskCompletionSource bothStarted = NewSignal(), stopping = NewSignal();
        int started = 0;
        await using TestServer server = await TestServer.StartAsync(
            Kind,
            async context =>
            {
                bool events = context.Request.Path == "/events";
                if (events)
                    await context.Response.WriteAsync("data: 0\n\n", Canceled);
                if (Interlocked.Increment(ref started) == 2)
                    bothStarted.SetResult();
                await stopping.Task;
                for (int i = 1; events && i < 10; i++)
                    await context.Response.WriteAsync($"data: {i}\n\n", Canceled);
                if (!events)
                    await context.Response.WriteAsync("polled", Canceled);
            },
            listen: options => options.Protocols = http2 ? HttpProtocols.Http2 : HttpProtocols.Http1);
        using HttpClient client = server.CreateClient();
        client.DefaultRequestVersion = http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        Task<string> events = client.GetStringAsync("events", Canceled);
        Task<string> poll = client.GetStringAsync("poll", Canceled);
        await bothStarted.Task.Within();

        server.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);
        Task stop = server.StopAsync(Canceled);

        Assert.Equal(string.Concat(Enumerable.Range(0, 10).Select(i => $"data: {i}\n\n")), await events.Within());
        Assert.Equal("polled", await poll.Within());
        await stop.Within();
    }

    [Fact]
    public async Task A_graceful_stop_takes_in_the_body_that_is_on_its_way()
    {
        TaskCompletionSource begun = NewSignal();
        await using TestServer server = await TestServer.StartAsync(Kind, async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[1], Canceled);
            begun.SetResult();
            await DescribeAsync(context);
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nx");
        await begun.Task.Within();

        Task stop = server.StopAsync(Canceled);
        await Deadline.Until(() => !IsListening(server), "the endpoint is closed");
        for (int i = 0; i < 9; i++)
            await client.SendAsync(new byte[11_111]);

        Assert.EndsWith("POST / 99999", await client.ReadResponseAsync());
        await stop.Within();
    }

    [Fact]
    public async Task A_quiet_connection_is_closed_without_waiting_for_its_client()
    {
        TaskCompletionSource end = NewSignal();
        await using TestServer server = await TestServer.StartAsync(
            Kind,
            listen: options => options.Run(_ => end.Task),
            configure: builder => builder.Services.Configure<PenstockTransportOptions>(
                options => options.QuietTime = TimeSpan.Zero));
        using RawClient client = await server.ConnectAsync();
        end.SetResult();
        Assert.Equal("", await client.ReadToEndAsync());

        // A socket that is still there for the client would take this; a reset says that there is none.
        await client.SendAsync("x");

        await Deadline.Until(
            () => (int)client.Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! != 0,
            "the late byte is refused");
    }

    /// <summary>Says numbers, each when the one before was heard, and leaves.</summary>
    private static async Task TalkAsync(WebSocket socket, int count)
    {
        byte[] answer = new byte[16];
        for (int i = 0; i < count; i++)
        {
            byte[] message = Encoding.ASCII.GetBytes($"{i}");
            await socket.SendAsync(message.AsMemory(), WebSocketMessageType.Text, true, Canceled);
            await socket.ReceiveAsync(answer.AsMemory(), Canceled);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", Canceled);
    }

    private static async Task<string> ListenAsync(ClientWebSocket client)
    {
        string heard = "";
        byte[] buffer = new byte[16];
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult part = await client.ReceiveAsync(buffer.AsMemory(), Canceled);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Canceled);
                    return heard;
                }

                heard += Encoding.ASCII.GetString(buffer, 0, part.Count);
                await client.SendAsync("ok"u8.ToArray(), WebSocketMessageType.Text, true, Canceled);
            }
        }
        catch (WebSocketException exception)
        {
            return $"{heard}, then {exception.Message}";
        }
    }

    private static bool IsListening(TestServer server)
    {
        using var socket = new Socket(
            SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(server.EndPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
