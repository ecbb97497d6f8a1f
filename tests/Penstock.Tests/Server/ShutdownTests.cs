using System.Diagnostics.Tracing;
using System.Net.Sockets;

namespace Penstock.Tests.Server;

/// <summary>How a server stops: in order, in time, and alone.</summary>
public sealed class ShutdownTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task In_the_middle_of_traffic_every_reply_that_arrives_is_whole(int loops)
    {
        TestIo.SkipIfOneAtATime();
        await using TestServer server = TestServer.Echo(o => o.Loops.Count = loops);
        byte[] frame = TestClient.Frame(TestClient.Pattern(10_000));
        Task[] traffic = [.. Enumerable.Range(0, 10).Select(_ => TalkUntilStoppedAsync())];
        await server.Journal.WaitOpenedAsync(10);
        await Patience.UntilAsync(() => server.Group.Sum(loop => loop.Statistics.SentBytes) > 1_000_000);

        await server.Server.StopAsync(TestContext.Current.CancellationToken).Bounded();
        await Task.WhenAll(traffic).Bounded();
        Assert.All(server.Journal.Closed, reason => Assert.Equal(CloseReason.ServerShutdown, reason));
        await server.Server.Completion.Bounded();

        async Task TalkUntilStoppedAsync()
        {
            using TestClient client = await server.ConnectAsync();
            while (true)
            {
                await SendIfPossibleAsync(client, frame);
                byte[] first = await client.ReceiveAsync(frame.Length);
                if (first.Length == 0)
                    return;
                byte[] rest = await client.ReceiveExactlyAsync(frame.Length - first.Length);
                Assert.Equal(frame, (byte[])[.. first, .. rest]);
            }
        }
    }

    [Fact]
    public async Task A_client_that_never_reads_is_reset_after_the_shutdown_timeout()
    {
        var time = new ManualTimeProvider();
        await using TestServer server = TestServer.Echo(o =>
        {
            o.Loops.TimeProvider = time;
            o.WriteStallTimeout = Timeout.InfiniteTimeSpan;
            o.ShutdownTimeout = TimeSpan.FromSeconds(30);
        });
        using TestClient client = await server.ConnectWithSmallBufferAsync();
        Task sending = client.SendAsync(new byte[64 * 1024 * 1024]);
        await server.WaitStalledAsync();

        Task stopping = server.Server.StopAsync(TestContext.Current.CancellationToken);
        await Patience.UntilAsync(() => time.HasTimerIn(TimeSpan.FromSeconds(30)));
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(stopping.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        await stopping.Bounded();
        Assert.Equal([CloseReason.ServerShutdown], server.Journal.Closed);
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
    }

    [Fact]
    public async Task Stopping_in_peace_leaves_nothing_on_the_clock()
    {
        var time = new ManualTimeProvider();
        await using TestServer server = TestServer.Echo(o => o.Loops.TimeProvider = time);
        await server.Server.StopAsync(TestContext.Current.CancellationToken).Bounded();
        Assert.False(time.HasTimerIn(TimeSpan.FromDays(365)), "the shutdown timeout is cancelled");
    }

    [Fact]
    public async Task Disposing_does_not_wait_for_anybody()
    {
        var time = new ManualTimeProvider();
        await using TestServer server = TestServer.Echo(o => o.Loops.TimeProvider = time);
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
        await Task.Run(server.Server.Dispose, TestContext.Current.CancellationToken).Bounded();
        await client.ExpectGoneAsync();
        Assert.Equal([CloseReason.ServerShutdown], server.Journal.Closed);
    }

    [Fact]
    public async Task Stopping_twice_joins_the_first_and_a_cancelled_token_ends_the_patience()
    {
        var time = new ManualTimeProvider();
        await using TestServer server = TestServer.Echo(o => o.Loops.TimeProvider = time);
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();

        // The client does not close, and nobody moves the clock that its linger time is on.
        Task first = server.Server.StopAsync(TestContext.Current.CancellationToken);
        using var insisted = new CancellationTokenSource();
        Task second = server.Server.StopAsync(insisted.Token);
        await client.ExpectEndAsync();
        Assert.False(second.IsCompleted);
        await insisted.CancelAsync();
        await Task.WhenAll(first, second, server.Server.Completion).Bounded();
    }

    [Fact]
    public async Task A_stopped_server_does_not_accept_and_its_port_is_free()
    {
        TestServer server = TestServer.Echo();
        await server.DisposeAsync();
        var refused = await Assert.ThrowsAsync<SocketException>(server.ConnectAsync);
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        await using TestServer next = TestServer.Echo(o => o.EndPoint = server.EndPoint);
        using TestClient client = await next.ConnectAsync();
        await client.ExchangeAsync();
    }

    [Fact]
    public async Task Stopping_one_server_leaves_the_group_and_its_other_servers_running()
    {
        TestIo.SkipIfOneAtATime();
        await using LoopGroup group = LoopGroupReading.Create(loops: 2);
        await using TestServer first = TestServer.Echo(group: group);
        await using TestServer second = TestServer.Echo(group: group);
        using TestClient one = await first.ConnectAsync();
        using TestClient two = await second.ConnectAsync();
        await one.ExchangeAsync();
        await two.ExchangeAsync();

        Task stopping = first.Server.StopAsync(TestContext.Current.CancellationToken);
        await one.ExpectEndAsync();
        one.FinishSending();
        await stopping.Bounded();
        await first.Server.Completion.Bounded();
        Assert.False(second.Server.Completion.IsCompleted);
        await two.ExchangeAsync("still here");
        await using TestServer third = TestServer.Echo(group: group);
        using TestClient three = await third.ConnectAsync();
        await three.ExchangeAsync();
    }

    [Fact]
    public async Task A_server_whose_group_ends_completes_too()
    {
        LoopGroup group = LoopGroupReading.Create();
        await using TestServer server = TestServer.Echo(group: group);
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
        await group.DisposeAsync().AsTask().Bounded();
        await client.ExpectGoneAsync();
        Assert.Equal([CloseReason.ServerShutdown], server.Journal.Closed);
        await server.Server.Completion.Bounded();
        Assert.False(group[0].Post(() => { }), "the loop has ended");
    }

    [Fact]
    public async Task A_loop_that_breaks_ends_its_connections_and_the_server_says_why()
    {
        TestIo.SkipUnlessLoopsAreShared();
        using var events = new EngineEvents();
        var time = new BreakableTimeProvider();
        TestServer server = TestServer.Echo(o => o.Loops.TimeProvider = time);
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
        time.Break();
        server.Group[0].Post(() => { });
        var fault = await Assert.ThrowsAsync<IOException>(() => server.Server.Completion.Bounded());
        Assert.Equal("The clock failed 1 times.", fault.Message);
        await Assert.ThrowsAsync<IOException>(() => server.Group.Completion.Bounded());
        Assert.False(server.Group.IsHealthy);
        await client.ExpectGoneAsync();
        await server.DisposeAsync();
        Assert.Equal([CloseReason.LoopFault], server.Journal.Closed);
        Assert.Equal(1, events.Count(EventLevel.Critical, "The clock failed"));
    }

    private static async Task SendIfPossibleAsync(TestClient client, byte[] bytes)
    {
        try
        {
            await client.SendAsync(bytes);
        }
        catch (SocketException closed)
        {
            Assert.Contains(closed.SocketErrorCode, (SocketError[])[SocketError.ConnectionReset, SocketError.Shutdown]);
        }
    }
}
