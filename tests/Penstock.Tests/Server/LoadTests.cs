using System.Net.Sockets;

namespace Penstock.Tests.Server;

/// <summary>Many connections at once, and what a process keeps of servers that are gone.</summary>
[Collection(nameof(Alone))]
public sealed class LoadTests
{
    /// <summary>
    /// A kilobyte for each of a thousand servers: the smallest thing that one could leave behind and that still holds
    /// something, its options or a connection, is larger.
    /// </summary>
    private const long MaxManagedGrowth = 1_000 * 1024;

    /// <summary>
    /// Sixteen kilobytes for each: the least native thing that a loop has, the touched pages of its stack, is as large,
    /// and a ring or a buffer far larger. Below that the runtime's own heaps and tables come and go.
    /// </summary>
    private const long MaxResidentGrowth = 16 * 1_000 * 1024;

    private static int LongestWait => (int)Patience.Limit.TotalMilliseconds;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Announcing_the_longest_message_costs_nothing()
    {
        await using TestServer server = TestServer.Echo(o => o.MaxMessageBytes = 1 << 30);
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();

        // As long as a message may be, so the connection stays and waits for the rest.
        long before = GC.GetTotalMemory(forceFullCollection: false);
        await client.SendAsync([.. BitConverter.GetBytes(1 << 30), 1, 2, 3]);
        await Patience.UntilAsync(() => server.Group.Sum(loop => loop.Statistics.ReceivedBytes) >= 16);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: false) - before, long.MinValue, 64 * 1024 * 1024);
        Assert.Equal(1, server.Server.ConnectionCount);
        client.ExpectSilence();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Five_thousand_connections_at_once_are_all_answered(int loops)
    {
        TestIo.SkipUnlessLoopsAreShared();
        const int connections = 5_000;
        ProcessResources.SkipUnlessDescriptors((2 * connections) + 1_000);
        await using TestServer server = TestServer.Echo(o =>
        {
            o.MaxConnections = connections;
            o.Loops.Count = loops;
            o.FirstMessageTimeout = Timeout.InfiniteTimeSpan;
        });
        var clients = new Socket[connections];
        byte[] request = TestClient.Frame("hello");
        byte[] reply = new byte[request.Length];
        try
        {
            for (int i = 0; i < connections; i++)
            {
                clients[i] = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = LongestWait };
                clients[i].Connect(server.EndPoint);
            }

            await server.Journal.WaitOpenedAsync(connections);
            Assert.Equal(connections, server.Server.ConnectionCount);
            for (int round = 0; round < 2; round++)
            {
                foreach (Socket client in clients)
                    Assert.Equal(request.Length, client.Send(request));
                foreach (Socket client in clients)
                {
                    for (int got = 0; got < reply.Length;)
                        got += client.Receive(reply.AsSpan(got));
                    Assert.Equal(request, reply);
                }
            }
        }
        finally
        {
            foreach (Socket? client in clients)
                client?.Dispose();
        }

        await server.Journal.WaitClosedAsync(connections);
        await Patience.UntilAsync(() => server.Server.ConnectionCount == 0);
    }

    [Fact]
    public async Task A_thousand_starts_and_stops_leave_descriptors_threads_and_memory_where_they_were()
    {
        await StartAndStopAsync(100);
        ProcessResources before = ProcessResources.Now();
        ProcessMemory memoryBefore = ProcessMemory.AfterCollection();
        await StartAndStopAsync(1_000);

        // Threads end a moment after their loop has said so, and the pool keeps a few of its own.
        await Patience.UntilAsync(() => ProcessResources.Now() is var now
            && now.Descriptors <= before.Descriptors + 4 && now.LoopThreads == 0);
        ProcessMemory memory = ProcessMemory.AfterCollection();
        long managed = memory.ManagedBytes - memoryBefore.ManagedBytes;
        long resident = memory.ResidentBytes - memoryBefore.ResidentBytes;
        TestContext.Current.SendDiagnosticMessage($"grew by {managed} managed bytes, {resident} resident ones");
        Assert.InRange(managed, long.MinValue, MaxManagedGrowth);
        Assert.InRange(resident, long.MinValue, MaxResidentGrowth);

        static async Task StartAndStopAsync(int times)
        {
            for (int i = 0; i < times; i++)
            {
                await using TestServer server = TestServer.Echo(o => o.MaxConnections = 16);
                if (i % 10 != 0)
                    continue;
                using TestClient client = await server.ConnectAsync();
                await client.ExchangeAsync();
            }
        }
    }

    [Fact]
    public async Task Connections_come_and_go_without_leaving_descriptors_or_memory_behind()
    {
        Assert.SkipWhen(
            TestIo.Mechanism == IoMechanism.ThreadPerConnection,
            "A thread keeps its descriptors for the next connection.");
        await using TestServer server = TestServer.Echo();
        await ComeAndGoAsync(50);
        ProcessResources before = ProcessResources.Now();
        await ComeAndGoAsync(2_000);
        Assert.InRange(ProcessResources.Now().Descriptors, 0, before.Descriptors + 4);
        Assert.Equal(0, await server.RentedBytesAsync());
        Assert.Equal(0, await server.Group.SumAsync(loop => loop.ConnectionCount));

        async Task ComeAndGoAsync(int times)
        {
            int closed = server.Journal.Closed.Count;
            for (int i = 0; i < times; i++)
            {
                using TestClient client = await server.ConnectAsync();
                if (i % 2 == 0)
                    await client.ExchangeAsync();
                if (i % 3 == 0)
                    client.Reset();
            }

            await server.Journal.WaitClosedAsync(closed + times);
        }
    }

    [Fact]
    public async Task Ten_thousand_requests_allocate_nothing_on_the_loop()
    {
        await using TestServer server = TestServer.Start(new ConnectionJournal(), _ => new SilentEcho());
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = LongestWait,
        };
        client.Connect(server.EndPoint);
        Exchange(client, 2_000);

        // The least of several runs: a collection that another thread causes is charged to whoever runs meanwhile.
        long least = long.MaxValue;
        for (int i = 0; i < 5 && least > 0; i++)
        {
            using var sample = new AllocationSample(server.Group);
            Exchange(client, 10_000);
            least = Math.Min(least, sample.Take());
        }

        Assert.Equal(0, least);
    }

    private static void Exchange(Socket client, int times)
    {
        byte[] request = TestClient.Frame("a message of thirty-two bytes ..");
        byte[] reply = new byte[request.Length];
        for (int i = 0; i < times; i++)
        {
            client.Send(request);
            for (int got = 0; got < reply.Length;)
                got += client.Receive(reply.AsSpan(got));
        }

        Assert.Equal(request, reply);
        Assert.False(Cancelled.IsCancellationRequested);
    }
}
