using System.Net.Sockets;

namespace Penstock.Http.Tests.Live;

/// <summary>A server that stops serves what has begun, and nothing after it.</summary>
public sealed class StopTests
{
    private const int FileBytes = 20_000_000;

    [Fact]
    public async Task A_download_that_has_begun_is_finished()
    {
        string root = Directory.CreateTempSubdirectory("penstock-http-").FullName;
        await File.WriteAllBytesAsync(Path.Combine(root, "big.bin"), new byte[FileBytes], LiveServer.Patience);
        await using var live = new LiveServer(DefaultRoutes.Create(root));
        using var client = new RawClient(live.Port);
        await client.SendAsync("GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await live.RequestsAsync(1);

        Task stopping = live.Server.StopAsync(LiveServer.Patience);
        await live.StoppingAsync();
        long received = (await client.ReadToEndAsync()).Length;
        await stopping;

        Assert.InRange(received, FileBytes, FileBytes + 1_000);
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task An_upload_that_has_begun_is_taken_whole_and_answered_with_the_end_of_its_connection()
    {
        await using var live = new LiveServer(DefaultRoutes.Create());
        using var client = new RawClient(live.Port);
        await client.SendAsync("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\n\r\n");
        await client.SendAsync(new byte[2_000_000]);
        await live.RequestsAsync(1);

        Task stopping = live.Server.StopAsync(LiveServer.Patience);
        await live.StoppingAsync();
        await client.SendAsync(new byte[2_000_000]);
        string answer = await client.ReadToEndAsync();
        await stopping;

        Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n4000000", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_of_which_a_part_is_here_is_the_last_of_its_connection()
    {
        await using var live = new LiveServer(DefaultRoutes.Create());
        using var client = new RawClient(live.Port);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\n");
        await client.ReadUntilAsync("Hello");

        Task stopping = live.Server.StopAsync(LiveServer.Patience);
        await live.StoppingAsync();
        await client.SendAsync("Host: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        string answer = await client.ReadToEndAsync();
        await stopping;

        Assert.Equal(2, answer.Split("HTTP/1.1 200 OK").Length);
        Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_asynchronous_handler_that_has_not_answered_is_waited_for()
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var live = new LiveServer(new HttpRoutes().Map("GET", "/", async exchange =>
        {
            await answer.Task;
            exchange.Response.Send("late"u8);
        }));
        using var client = new RawClient(live.Port);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await live.RequestsAsync(1);

        Task stopping = live.Server.StopAsync(LiveServer.Patience);
        await live.StoppingAsync();
        answer.SetResult();
        string received = await client.ReadToEndAsync();
        await stopping;

        Assert.Contains("\r\nConnection: close\r\n", received, StringComparison.Ordinal);
        Assert.EndsWith("late", received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_between_requests_is_closed_while_others_are_served()
    {
        TestIo.SkipIfOneAtATime();
        await using var live = new LiveServer(DefaultRoutes.Create());
        using var idle = new RawClient(live.Port);
        using var silent = new RawClient(live.Port);
        using var busy = new RawClient(live.Port);
        await idle.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await idle.ReadUntilAsync("Hello");
        await busy.SendAsync("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nab");
        await live.RequestsAsync(2);

        Task stopping = live.Server.StopAsync(LiveServer.Patience);
        Assert.Equal("", await idle.ReadToEndAsync());
        Assert.Equal("", await silent.ReadToEndAsync());
        Assert.False(stopping.IsCompleted);
        await busy.SendAsync("c");
        Assert.EndsWith("3", await busy.ReadToEndAsync(), StringComparison.Ordinal);
        await stopping;
    }

    [Fact]
    public async Task Who_is_not_done_in_time_is_reset()
    {
        var options = new ServerOptions { ShutdownTimeout = TimeSpan.FromMilliseconds(200) };
        await using var live = new LiveServer(DefaultRoutes.Create(), options, new HttpOptions());
        using var client = new RawClient(live.Port);
        await client.SendAsync("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nab");
        await live.RequestsAsync(1);

        await live.Server.StopAsync(LiveServer.Patience);

        await Assert.ThrowsAsync<SocketException>(client.ReadToEndAsync);
    }
}
