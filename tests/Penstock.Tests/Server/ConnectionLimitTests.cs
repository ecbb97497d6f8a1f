namespace Penstock.Tests.Server;

/// <summary>A full server makes newcomers wait; it refuses nobody and forgets nobody.</summary>
public sealed class ConnectionLimitTests
{
    [Theory]
    [InlineData(1, AcceptDistribution.Auto)]
    [InlineData(2, AcceptDistribution.RoundRobin)]
    [InlineData(2, AcceptDistribution.LeastConnections)]
    [InlineData(2, AcceptDistribution.ReusePort)]
    public async Task A_newcomer_waits_and_is_served_when_one_leaves(int loops, AcceptDistribution distribution)
    {
        Assert.SkipWhen(
            distribution == AcceptDistribution.ReusePort && !OperatingSystem.IsLinux(), "ReusePort is Linux's.");
        const int limit = 4;
        await using TestServer server = TestServer.Echo(o =>
        {
            o.MaxConnections = limit;
            o.Loops.Count = loops;
            o.Distribution = distribution;
        });
        Queue<TestClient> served = [];
        for (int i = 0; i < limit; i++)
            served.Enqueue(await ConnectServedAsync(server));

        Queue<TestClient> waiting = [];
        for (int i = 0; i < 20; i++)
        {
            TestClient newcomer = await server.ConnectAsync();
            await newcomer.SendFrameAsync("let me in");
            waiting.Enqueue(newcomer);
        }

        Assert.All(waiting, newcomer => newcomer.ExpectSilence());
        Assert.Equal(limit, server.Server.ConnectionCount);
        while (waiting.Count > 0)
        {
            served.Dequeue().Dispose();

            // Which one comes next is the kernel's choice when several listeners share the port.
            TestClient next = await FirstAnsweredAsync(waiting);
            Assert.Equal("let me in"u8.ToArray(), await next.ReceiveFrameAsync());
            served.Enqueue(next);
            waiting = new Queue<TestClient>(waiting.Where(client => client != next));
            Assert.InRange(server.Server.ConnectionCount, 0, limit);
        }

        foreach (TestClient client in served)
            client.Dispose();
        Assert.True(server.Journal.OpenCount <= limit);
    }

    [Fact]
    public async Task A_connection_that_ends_while_nobody_waits_makes_room_for_the_next()
    {
        await using TestServer server = TestServer.Echo(o => o.MaxConnections = 1);
        for (int i = 0; i < 50; i++)
        {
            using TestClient client = await server.ConnectAsync();
            await client.ExchangeAsync();
        }
    }

    [Fact]
    public async Task Newcomers_that_gave_up_waiting_do_no_harm()
    {
        await using TestServer server = TestServer.Echo(o => o.MaxConnections = 1);
        TestClient served = await ConnectServedAsync(server);
        for (int i = 0; i < 10; i++)
        {
            using TestClient impatient = await server.ConnectAsync();
            impatient.Reset();
        }

        served.Dispose();
        using TestClient next = await server.ConnectAsync();
        await next.ExchangeAsync();
    }

    [Fact]
    public async Task A_group_without_a_free_slot_makes_newcomers_wait_for_any_of_its_servers_to_free_one()
    {
        TestIo.SkipUnlessLoopsAreShared();
        var options = new LoopOptions { MaxConnectionsPerLoop = 1 };
        TestIo.Apply(options);
        await using var group = new LoopGroup(options);
        await using TestServer one = TestServer.Echo(group: group);
        await using TestServer other = TestServer.Echo(group: group);
        TestClient first = await ConnectServedAsync(one);
        using TestClient second = await other.ConnectAsync();
        await second.SendFrameAsync("let me in");
        await Patience.UntilAsync(() => group.Sum(loop => loop.Statistics.ListenerPauses) == 2);
        second.ExpectSilence();
        first.Dispose();
        Assert.Equal("let me in"u8.ToArray(), await second.ReceiveFrameAsync());
    }

    private static async Task<TestClient> ConnectServedAsync(TestServer server)
    {
        TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
        return client;
    }

    private static async Task<TestClient> FirstAnsweredAsync(IReadOnlyCollection<TestClient> waiting)
    {
        TestClient? answered = null;
        await Patience.UntilAsync(() =>
        {
            answered = waiting.FirstOrDefault(client => client.Socket.Available > 0);
            return answered is not null;
        });
        return answered!;
    }
}
