using System.Text;
using Penstock.Loop;

namespace Penstock.Tests.Server;

/// <summary>
/// However much clients ask for without reading, and however much of a message they send without its end: together they
/// cost the budget, the others are served, and those that held most are closed by name.
/// </summary>
public sealed class MemoryBudgetTests
{
    private const long Budget = 4 * 1024 * 1024;

    [Fact]
    public async Task Readers_that_do_not_read_wait_at_less_and_less_and_the_others_are_served()
    {
        TestIo.SkipUnlessLoopsAreShared();
        await using TestServer server = Producing();
        List<TestClient> stuck = [];
        for (int i = 0; i < 60; i++)
        {
            TestClient client = await server.ConnectWithSmallBufferAsync();
            stuck.Add(client);
            await client.SendAsync("x");
        }

        await server.WaitStalledAsync();
        Assert.InRange(await server.RentedBytesAsync(), 1, Budget);

        using TestClient reader = await server.ConnectAsync();
        await reader.SendAsync("x");
        await reader.ReceiveExactlyAsync(Producer.Total);
        foreach (TestClient client in stuck)
            client.Dispose();
        await Patience.UntilAsync(async () => await server.RentedBytesAsync() == 0);
    }

    [Fact]
    public async Task One_reply_that_is_larger_than_all_memory_closes_the_connection_that_it_is_for()
    {
        int most = 0;
        var handler = new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                if (data[0] != 'a')
                    return ScriptedHandler.Echo(connection, data);
                for (int i = 0; i < 1_000 && connection.State == ConnectionState.Open; i++)
                {
                    connection.Send(new byte[64 * 1024]);
                    most = Math.Max(most, connection.UnsentBytes);
                }

                return data.Length;
            },
        };
        await using TestServer server = TestServer.Scripted(handler, Limit);
        using TestClient greedy = await server.ConnectWithSmallBufferAsync();
        await greedy.SendAsync("all");
        Assert.Equal(CloseReason.MemoryExhausted, await server.Journal.WaitClosedAsync());
        Assert.Equal(1, server.Group.Sum(loop => loop.Statistics.MemoryCloses));
        Assert.InRange(most, Budget / 2, (Budget / 2) + (128 * 1024));
        await Patience.UntilAsync(async () => await server.RentedBytesAsync() == 0);

        using TestClient modest = await server.ConnectAsync();
        await modest.ExchangeAsync("e");
    }

    [Fact]
    public async Task Messages_without_an_end_wait_for_memory_and_short_ones_pass()
    {
        TestIo.SkipUnlessLoopsAreShared();
        var handler = new ScriptedHandler
        {
            Received = (connection, data) => data[^1] == '\n' ? ScriptedHandler.Echo(connection, data) : 0,
        };
        await using TestServer server = TestServer.Scripted(handler, options =>
        {
            Limit(options);
            options.MaxMessageBytes = 64 * 1024 * 1024;
        });
        byte[] half = Encoding.ASCII.GetBytes(new string('x', 32 * 1024 * 1024));
        List<TestClient> senders = [];
        for (int i = 0; i < 3; i++)
        {
            TestClient sender = await server.ConnectAsync();
            senders.Add(sender);
            _ = sender.SendAsync(half).ContinueWith(static task => _ = task.Exception, TaskScheduler.Default);
        }

        await Patience.UntilAsync(
            () => server.Group.Sum(loop => loop.Memory.Used) > Budget / 2
                && server.Group.Loops[0].Memory.Mark < int.MaxValue);
        using TestClient modest = await server.ConnectAsync();
        for (int i = 0; i < 100; i++)
            await modest.ExchangeAsync($"line {i}\n");
        Assert.InRange(server.Group.Sum(loop => loop.Memory.Used), 1, Budget * 2);
        foreach (TestClient sender in senders)
            sender.Dispose();
        await Patience.UntilAsync(() => server.Group.Sum(loop => loop.Memory.Used) == 0);
    }

    [Fact]
    public async Task A_message_gets_the_memory_of_those_that_were_begun_before_it_and_do_not_end()
    {
        TestIo.SkipUnlessLoopsAreShared();
        var handler = new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                if (data[^1] != '\n')
                    return 0;
                connection.Send("done"u8);
                return data.Length;
            },
        };
        await using TestServer server = TestServer.Scripted(handler, options =>
        {
            Limit(options);
            options.MaxMessageBytes = 64 * 1024 * 1024;
        });
        List<TestClient> senders = [];
        for (int i = 0; i < 5; i++)
        {
            TestClient sender = await server.ConnectAsync();
            senders.Add(sender);
            _ = sender.SendAsync(new string('x', 500 * 1024))
                .ContinueWith(static task => _ = task.Exception, TaskScheduler.Default);
        }

        // More than half is taken, and less than three quarters: nobody has to go, and nobody gives anything back.
        await Patience.UntilAsync(() => server.Group.Loops[0].Memory.Mark < int.MaxValue);
        using TestClient modest = await server.ConnectAsync();
        await modest.SendAsync(new string('x', 700 * 1024) + "\n");
        await modest.ReceiveExactlyAsync(4);
        Assert.InRange(server.Group.Sum(loop => loop.Statistics.MemoryCloses), 1, senders.Count);
        foreach (TestClient sender in senders)
            sender.Dispose();
        await Patience.UntilAsync(() => server.Group.Sum(loop => loop.Memory.Used) == 0);
    }

    [Fact]
    public async Task Those_that_are_closed_give_back_what_they_held_before_others_take_as_much_in_the_same_turn()
    {
        TestIo.SkipUnlessLoopsAreShared();
        using var gate = new ManualResetEventSlim();
        long most = 0;
        EventLoop? loop = null;
        var handler = new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                if (data[0] == 'w')
                    gate.Wait(TestContext.Current.CancellationToken);
                else
                    connection.Send(new byte[Budget / 3]);
                most = Math.Max(most, loop!.Memory.Used);
                return data.Length;
            },
        };
        await using TestServer server = TestServer.Scripted(handler, options =>
        {
            Limit(options);
            options.Loops.Count = 1;
        });
        loop = server.Group.Loops[0];
        List<TestClient> clients = [];
        for (int i = 0; i < 60; i++)
            clients.Add(await server.ConnectWithSmallBufferAsync());
        using TestClient waiting = await server.ConnectAsync();
        await waiting.SendAsync("w");
        foreach (TestClient client in clients)
            await client.SendAsync("x");

        gate.Set();
        await Patience.UntilAsync(() => server.Group.Sum(each => each.Statistics.MemoryCloses) > 0);
        foreach (TestClient client in clients)
            client.Dispose();
        await Patience.UntilAsync(async () => await server.RentedBytesAsync() == 0);
        Assert.InRange(most, Budget / 2, Budget * 2);
    }

    private static TestServer Producing()
    {
        var journal = new ConnectionJournal();
        return TestServer.Start(journal, _ => new Producer(journal), Limit);
    }

    private static void Limit(ServerOptions options) => options.Loops.MaxMemoryForConnections = Budget;

    /// <summary>Sends much to everybody who asks, as long as there is room.</summary>
    private sealed class Producer(ConnectionJournal journal) : ConnectionHandler
    {
        public const int Total = 16 * 1024 * 1024;

        private static readonly byte[] Piece = new byte[8 * 1024];

        public override void OnOpened(Connection connection) => journal.OnOpened(connection);

        public override int OnReceived(Connection connection, ReadOnlySpan<byte> data)
        {
            connection.UserState = Total;
            Produce(connection);
            return data.Length;
        }

        public override void OnDrained(Connection connection) => Produce(connection);

        public override void OnClosed(Connection connection, CloseReason reason) =>
            journal.OnClosed(connection, reason);

        private static void Produce(Connection connection)
        {
            int left = (int)connection.UserState!;
            for (; left > 0 && connection.HasRoom; left -= Piece.Length)
                connection.Send(Piece);
            connection.UserState = left;
        }
    }
}
