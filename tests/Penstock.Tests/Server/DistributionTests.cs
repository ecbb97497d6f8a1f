namespace Penstock.Tests.Server;

/// <summary>Every way of spreading connections uses all loops.</summary>
public sealed class DistributionTests
{
    private const int Connections = 64;

    [Theory]
    [InlineData(AcceptDistribution.Auto)]
    [InlineData(AcceptDistribution.RoundRobin)]
    [InlineData(AcceptDistribution.LeastConnections)]
    [InlineData(AcceptDistribution.ReusePort)]
    public async Task All_loops_serve(AcceptDistribution distribution)
    {
        TestIo.SkipUnlessLoopsAreShared();
        Assert.SkipWhen(
            distribution == AcceptDistribution.ReusePort && !OperatingSystem.IsLinux(), "ReusePort is Linux's.");
        await using TestServer server = Start(distribution);
        TestClient[] clients = await ConnectAllAsync(server, Connections);
        int[] served = [.. server.Journal.Opened.CountBy(id => id.Loop).Select(pair => pair.Value)];
        Assert.Equal(2, served.Length);
        if (distribution is AcceptDistribution.RoundRobin or AcceptDistribution.LeastConnections)
            Assert.Equal([Connections / 2, Connections / 2], served);
        Array.ForEach(clients, client => client.Dispose());
    }

    [Fact]
    public async Task Least_connections_fills_the_loop_that_has_emptied()
    {
        TestIo.SkipUnlessLoopsAreShared();
        await using TestServer server = Start(AcceptDistribution.LeastConnections);
        TestClient[] clients = await ConnectAllAsync(server, 20);
        IReadOnlyList<ConnectionId> ids = server.Journal.Opened;
        foreach (ConnectionId id in ids.Where(id => id.Loop == 1))
            server.Group.Post(id, connection => connection.Abort());
        await server.Journal.WaitClosedAsync(10);
        await Patience.UntilAsync(() => server.ReadAsync(() => server.Group.Loops[1].ConnectionCount == 0, loop: 1));

        TestClient[] more = await ConnectAllAsync(server, 10);
        Assert.Equal(10, server.Journal.Opened.Skip(20).Count(id => id.Loop == 1));
        Array.ForEach([.. clients, .. more], client => client.Dispose());
    }

    [Fact]
    public async Task Who_comes_to_full_loops_is_turned_away_and_not_counted()
    {
        TestIo.SkipUnlessLoopsAreShared();
        await using var group = new LoopGroup(TestIo.Apply(new LoopOptions { MaxConnectionsPerLoop = 1 }, count: 2));
        await using TestServer server = TestServer.Echo(o => o.Distribution = AcceptDistribution.RoundRobin, group);
        TestClient[] clients = await ConnectAllAsync(server, 2);

        using TestClient third = await server.ConnectAsync();
        await third.ExpectGoneAsync();
        await Patience.UntilAsync(() => server.Server.ConnectionCount == 2);
        Assert.Equal(2, server.Journal.OpenCount);
        await clients[0].ExchangeAsync();
        Array.ForEach(clients, client => client.Dispose());
    }

    [Fact]
    public void Reuse_port_is_refused_where_there_is_no_port()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix paths are tested on Unix.");
        using var directory = new TemporaryDirectory();
        Assert.Throws<NotSupportedException>(() => TestServer.Echo(o =>
        {
            o.EndPoint = new System.Net.Sockets.UnixDomainSocketEndPoint(directory.PathOf("echo"));
            o.Distribution = AcceptDistribution.ReusePort;
        }));
    }

    [Fact]
    public async Task The_handler_factory_is_called_once_per_loop_on_that_loop()
    {
        TestIo.SkipUnlessLoopsAreShared();
        List<int> made = [];
        var journal = new ConnectionJournal();
        await using TestServer server = TestServer.Start(journal, Make, o => o.Loops.Count = 3);
        Assert.Equal([0, 1, 2], made);

        EchoHandler Make(EventLoopContext loop)
        {
            Assert.True(loop.IsOnLoop);
            made.Add(loop.Index);
            return new EchoHandler(journal);
        }
    }

    private static TestServer Start(AcceptDistribution distribution) => TestServer.Echo(o =>
    {
        o.Loops.Count = 2;
        o.Distribution = distribution;
    });

    /// <summary>One after the other, so that each choice sees the last.</summary>
    private static async Task<TestClient[]> ConnectAllAsync(TestServer server, int count)
    {
        var clients = new TestClient[count];
        for (int i = 0; i < count; i++)
        {
            clients[i] = await server.ConnectAsync();
            await clients[i].ExchangeAsync();
        }

        return clients;
    }
}
