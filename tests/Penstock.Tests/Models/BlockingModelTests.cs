using System.Diagnostics;
using System.Net;
using Penstock.Tests.Server;

namespace Penstock.Tests.Models;

/// <summary>What the two models with blocking reads promise beyond what every server does.</summary>
public sealed class BlockingModelTests
{
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(20);

    [Theory]
    [InlineData(IoMechanism.Blocking)]
    [InlineData(IoMechanism.ThreadPerConnection)]
    public async Task A_silent_client_is_given_up_after_so_many_slices(IoMechanism model)
    {
        const int slices = 4;
        await using TestServer server = Start(model, o =>
        {
            o.Loops.ReadSliceTimeouts = slices;
            o.FirstMessageTimeout = o.IdleTimeout = Timeout.InfiniteTimeSpan;
        });

        // It says nothing at all: on a busy machine its slices may be over before it could.
        long start = Stopwatch.GetTimestamp();
        using TestClient client = await server.ConnectAsync();
        await client.ExpectEndAsync();
        Assert.True(Stopwatch.GetElapsedTime(start) >= slices * Slice, "the client had its slices");
        Assert.Equal(CloseReason.IdleTimeout, await server.Journal.WaitClosedAsync());
    }

    [Theory]
    [InlineData(IoMechanism.Blocking)]
    [InlineData(IoMechanism.ThreadPerConnection)]
    public async Task Slices_go_by_the_clock_of_the_loop(IoMechanism model)
    {
        var time = new ManualTimeProvider();
        await using TestServer server = Start(model, o =>
        {
            o.Loops.ReadSliceTimeouts = 3;
            o.Loops.TimeProvider = time;
            o.FirstMessageTimeout = o.IdleTimeout = Timeout.InfiniteTimeSpan;
        });
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
        time.Advance(2 * Slice);
        await client.ExchangeAsync();
        Assert.Empty(server.Journal.Closed);
        await Patience.UntilAsync(() =>
        {
            time.Advance(Slice);
            return server.Journal.Closed.Count > 0;
        });
        Assert.Equal([CloseReason.IdleTimeout], server.Journal.Closed);
    }

    [Theory]
    [InlineData(IoMechanism.Blocking)]
    [InlineData(IoMechanism.ThreadPerConnection)]
    public async Task Without_a_limit_on_slices_the_idle_timeout_decides(IoMechanism model)
    {
        var time = new ManualTimeProvider();
        await using TestServer server = Start(model, o =>
        {
            o.IdleTimeout = TimeSpan.FromSeconds(60);
            o.Loops.TimeProvider = time;
        });
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
        time.Advance(TimeSpan.FromSeconds(59));
        await client.ExchangeAsync();
        time.Advance(TimeSpan.FromSeconds(60));
        await client.ExpectEndAsync();
        Assert.Equal(CloseReason.IdleTimeout, await server.Journal.WaitClosedAsync());
    }

    [Theory]
    [InlineData(IoMechanism.Blocking)]
    [InlineData(IoMechanism.ThreadPerConnection)]
    public async Task Posted_work_reaches_a_connection_whose_thread_is_blocked(IoMechanism model)
    {
        await using TestServer server = Start(model);
        using TestClient client = await server.ConnectAsync();
        ConnectionId id = await server.Journal.WaitOpenedAsync();
        for (int i = 0; i < 100; i++)
        {
            // The client sends nothing, so only the post can end the wait of its thread.
            Assert.True(server.Group.Post(id, connection => connection.Send("news"u8)));
            Assert.Equal("news", await client.ReceiveTextAsync(4));
        }
    }

    [Fact]
    public async Task A_broadcast_reaches_connections_whose_threads_are_blocked()
    {
        const int clients = 5;
        Topic? topic = null;
        var handler = new ScriptedHandler { Opened = connection => topic!.Subscribe(connection) };
        await using LoopGroup group = CreateGroup(threads: clients);
        topic = new Broadcaster().CreateTopic();
        await using TestServer server = TestServer.Scripted(handler, group: group);
        List<TestClient> connected = [];
        for (int i = 0; i < clients; i++)
            connected.Add(await server.ConnectAsync());
        await Patience.UntilAsync(() => topic.SubscriberCount == clients);

        for (int i = 0; i < 100; i++)
        {
            using SharedPayload message = SharedPayload.Copy("news"u8);
            Assert.Equal(clients, topic.Publish(message));
            foreach (TestClient client in connected)
                Assert.Equal("news", await client.ReceiveTextAsync(4));
        }

        connected.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Attempts_that_cannot_begin_take_no_thread()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        var name = new DnsEndPoint("localhost", 80);
        await using LoopGroup group = CreateGroup(threads: 2);
        for (int i = 0; i < 5; i++)
        {
            await Assert.ThrowsAsync<NotSupportedException>(
                () => group.ConnectAsync(name, new ScriptedHandler(), cancellationToken: token));
        }

        await using TestServer server = TestServer.Echo();
        var handler = new ScriptedHandler();
        await group.ConnectAsync(server.EndPoint, handler, cancellationToken: token).Bounded();
        await handler.Journal.WaitOpenedAsync();
    }

    [Fact]
    public async Task With_all_threads_taken_a_newcomer_waits_for_one()
    {
        const int threads = 3;
        await using LoopGroup group = CreateGroup(threads);
        await using TestServer server = TestServer.Echo(group: group);
        List<TestClient> served = [];
        for (int i = 0; i < threads; i++)
        {
            served.Add(await server.ConnectAsync());
            await served[i].ExchangeAsync();
        }

        using TestClient newcomer = await server.ConnectAsync();
        await newcomer.SendFrameAsync("let me in");
        await Patience.UntilAsync(() => group.Sum(loop => loop.Statistics.ListenerPauses) == 1);
        newcomer.ExpectSilence();
        Assert.Equal(threads, server.Server.ConnectionCount);

        served[0].Dispose();
        Assert.Equal("let me in"u8.ToArray(), await newcomer.ReceiveFrameAsync());
        Assert.Equal(1 + threads, group.Count);
        served.ForEach(client => client.Dispose());
    }

    [Theory]
    [InlineData(IoMechanism.Blocking, 1)]
    [InlineData(IoMechanism.ThreadPerConnection, 20)]
    public async Task A_stop_waits_for_no_client_that_neither_speaks_nor_leaves(IoMechanism model, int connections)
    {
        // Only the server can end them: the stop has no limit that would reset them.
        await using TestServer server = Start(model, o => o.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        List<TestClient> clients = [];
        for (int i = 0; i < connections; i++)
        {
            clients.Add(await server.ConnectAsync());
            await clients[i].ExchangeAsync();
        }

        await server.Server.StopAsync(TestContext.Current.CancellationToken).Bounded();
        Assert.All(server.Journal.Closed, reason => Assert.Equal(CloseReason.ServerShutdown, reason));
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task A_thread_that_broke_is_not_given_to_another_connection()
    {
        await using LoopGroup group = CreateGroup(threads: 2);
        await using TestServer first = TestServer.Echo(group: group);
        using TestClient victim = await first.ConnectAsync();
        ConnectionId id = await first.Journal.WaitOpenedAsync();
        group.Loops[id.Loop].Post((_, _) => throw new InvalidOperationException("The test breaks the thread."), null);
        await victim.ExpectGoneAsync();
        Assert.Equal(CloseReason.LoopFault, await first.Journal.WaitClosedAsync());

        // Of another server, which has nothing on that thread yet.
        await using TestServer second = TestServer.Echo(group: group);
        using TestClient other = await second.ConnectAsync();
        await other.ExchangeAsync();
        using TestClient same = await first.ConnectAsync();
        await same.ExchangeAsync();
        Assert.False(first.Server.Completion.IsCompleted);
    }

    private static TestServer Start(IoMechanism model, Action<ServerOptions>? configure = null) =>
        TestServer.Echo(o =>
        {
            TestIo.Apply(o.Loops, io: model);
            configure?.Invoke(o);
        });

    private static LoopGroup CreateGroup(int threads) =>
        new(new LoopOptions { Io = IoMechanism.ThreadPerConnection, MaxConnectionThreads = threads });
}
