namespace Penstock.Tests.Server;

/// <summary>Work for a connection from other threads: it reaches that connection or nobody.</summary>
public sealed class PostingTests
{
    [Fact]
    public async Task Work_reaches_a_live_connection_on_its_loop()
    {
        await using TestServer server = TestServer.Echo();
        using TestClient client = await server.ConnectAsync();
        ConnectionId id = await server.Journal.WaitOpenedAsync();
        bool onLoop = false;
        Assert.True(server.Group.Post(id, connection =>
        {
            onLoop = server.Group.Loops[id.Loop].IsOnLoop && connection.Id == id;
            connection.Send("pushed"u8);
        }));
        Assert.Equal("pushed", await client.ReceiveTextAsync(6));
        Assert.True(onLoop);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_loop_may_start_another_server_on_its_group(int loops)
    {
        TestIo.SkipUnlessLoopsAreShared();
        await using LoopGroup group = LoopGroupReading.Create(loops);
        await using TestServer server = await group.ReadAsync(() => TestServer.Echo(group: group));
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
    }

    [Fact]
    public async Task Work_for_a_connection_that_ended_does_nothing_and_is_counted()
    {
        await using TestServer server = TestServer.Echo();
        using (TestClient client = await server.ConnectAsync())
            await client.ExchangeAsync();
        await server.Journal.WaitClosedAsync();
        bool ran = false;
        Assert.True(server.Group.Post(server.Journal.Opened[0], _ => ran = true));
        Assert.Equal(1, await server.Group.SumAsync(loop => loop.Statistics.StaleCompletions));
        Assert.False(ran);
    }

    [Fact]
    public async Task A_stale_id_never_reaches_the_newcomer_in_its_slot()
    {
        await using TestServer server = TestServer.Echo();
        using (TestClient first = await server.ConnectAsync())
            await first.ExchangeAsync();
        await server.Journal.WaitClosedAsync();
        using TestClient second = await server.ConnectAsync();
        await second.ExchangeAsync();

        (ConnectionId old, ConnectionId current) = (server.Journal.Opened[0], server.Journal.Opened[1]);
        Assert.Equal(old.Slot.Index, current.Slot.Index);
        Assert.NotEqual(old, current);
        server.Group.Post(old, connection => connection.Abort());
        server.Group.Post(default(ConnectionId), connection => connection.Abort());
        await second.ExchangeAsync("untouched");
    }

    [Fact]
    public async Task Many_threads_may_post_to_many_connections_at_once()
    {
        const int connections = 10;
        const int each = 200;
        await using TestServer server = TestServer.Echo(o => o.Loops.Count = 2);
        TestClient[] clients = new TestClient[connections];
        for (int i = 0; i < connections; i++)
            clients[i] = await server.ConnectAsync();
        await server.Journal.WaitOpenedAsync(connections);

        IReadOnlyList<ConnectionId> ids = server.Journal.Opened;
        Task[] posting = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(PostAll))];
        foreach (TestClient client in clients)
            Assert.Equal(new string('x', 4 * each), await client.ReceiveTextAsync(4 * each));
        await Task.WhenAll(posting).Bounded();
        Assert.All(clients, client => client.ExpectSilence());
        Array.ForEach(clients, client => client.Dispose());

        void PostAll()
        {
            for (int i = 0; i < each; i++)
            {
                foreach (ConnectionId id in ids)
                    Assert.True(server.Group.Post(id, connection => connection.Send("x"u8)));
            }
        }
    }
}
