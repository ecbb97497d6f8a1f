using System.Net.Sockets;
using System.Text.Json;
using Penstock.Http.Tests.Conformance;

namespace Penstock.Http.Tests.Live;

public sealed class ServerTests
{
    [Fact]
    public async Task The_status_page_counts_what_was_served()
    {
        await using var live = new LiveServer(DefaultRoutes.Create(), loops: 2);
        using HttpClient client = live.CreateClient();
        for (int i = 0; i < 5; i++)
            await client.GetStringAsync("/", LiveServer.Patience);
        await client.PostAsync("/upload", new StringContent("Hello"), LiveServer.Patience);
        await client.GetAsync("/nothing", LiveServer.Patience);

        string text = await client.GetStringAsync("/status", LiveServer.Patience);
        JsonElement status = JsonDocument.Parse(text).RootElement;

        Assert.Equal(8, status.GetProperty("requests").GetInt64());
        Assert.Equal(5, status.GetProperty("bodyBytesReceived").GetInt64());
        Assert.Equal(6, status.GetProperty("responses").GetProperty("2xx").GetInt64());
        Assert.Equal(1, status.GetProperty("responses").GetProperty("4xx").GetInt64());
        Assert.Equal(live.Server.Listener.Group.Count, status.GetProperty("loops").GetInt32());
        Assert.True(status.GetProperty("connections").GetInt32() >= 1);
    }

    [Fact]
    public async Task A_unix_socket_serves_the_same()
    {
        string path = Path.Combine(Path.GetTempPath(), $"penstock-{Guid.NewGuid():N}.sock");
        await using var live = new LiveServer(DefaultRoutes.Create(), unixPath: path);
        using var handler = new SocketsHttpHandler();
        handler.ConnectCallback = async (_, token) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token);
            return new NetworkStream(socket, ownsSocket: true);
        };
        using var client = new HttpClient(handler);

        Assert.Equal("Hello", await client.GetStringAsync("http://unix/", LiveServer.Patience));
    }

    [Fact]
    public async Task Two_servers_share_a_group()
    {
        TestIo.SkipIfOneAtATime();
        await using var group = new LoopGroup(TestIo.Apply(new LoopOptions()));
        await using HttpServer one = StartOn(group);
        await using HttpServer two = StartOn(group);
        using var client = new HttpClient();

        Assert.Equal("Hello", await client.GetStringAsync($"http://{one.Listener.EndPoint}/", LiveServer.Patience));
        Assert.Equal("Hello", await client.GetStringAsync($"http://{two.Listener.EndPoint}/", LiveServer.Patience));
        Assert.Equal(1, one.ReadStatistics().Requests);
    }

    [Fact]
    public async Task An_error_reaches_a_client_that_is_still_sending()
    {
        await using var live = new LiveServer(DefaultRoutes.Create(), http: new HttpOptions { MaxBodyBytes = 1_000 });
        using var socket = new RawClient(live.Port);
        await socket.SendAsync("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
        await socket.SendAsync(new byte[1_000_000]);
        socket.FinishSending();

        Assert.Equal(413, Assert.Single(ResponseReader.ReadAll(await socket.ReadToEndAsync())).Status);
    }

    [Fact]
    public void A_head_limit_that_the_engine_would_not_keep_is_refused_by_name()
    {
        var options = new ServerOptions { MaxMessageBytes = 1_000 };

        var thrown = Assert.Throws<ArgumentOutOfRangeException>(
            () => HttpServer.Start(options, new HttpOptions(), DefaultRoutes.Create()));

        Assert.Equal(nameof(HttpOptions.MaxHeadBytes), thrown.ParamName);
    }

    private static HttpServer StartOn(LoopGroup group) =>
        HttpServer.Start(new ServerOptions(), new HttpOptions(), DefaultRoutes.Create(), group);
}
