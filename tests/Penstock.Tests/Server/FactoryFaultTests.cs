namespace Penstock.Tests.Server;

/// <summary>
/// A factory of handlers that throws: at the start there is no server, later there is one connection less.
/// </summary>
[Collection(nameof(Alone))]
public sealed class FactoryFaultTests
{
    [Theory]
    [InlineData(IoMechanism.Auto)]
    [InlineData(IoMechanism.Epoll)]
    [InlineData(IoMechanism.IoUring)]
    [InlineData(IoMechanism.Poll)]
    [InlineData(IoMechanism.BusyWait)]
    [InlineData(IoMechanism.Sockets)]
    [InlineData(IoMechanism.Blocking)]
    [InlineData(IoMechanism.ThreadPerConnection)]
    public async Task At_the_start_nothing_is_left_behind(IoMechanism mechanism)
    {
        if (mechanism != IoMechanism.Auto)
            TestIo.SkipIfRefused(mechanism);
        bool isShared = mechanism is not (IoMechanism.Blocking or IoMechanism.ThreadPerConnection);
        StartInVain();
        ProcessResources before = ProcessResources.Now();
        for (int i = 0; i < 20; i++)
            StartInVain();
        await Patience.UntilAsync(() => ProcessResources.Now() is var now
            && now.Descriptors <= before.Descriptors + 4 && now.LoopThreads == 0);

        void StartInVain()
        {
            // The second loop's handler, where there is one: the first loop has its part of the server by then.
            int handlers = isShared ? 1 : 0;
            var fault = Assert.Throws<InvalidOperationException>(() => TestServer.Start(
                new ConnectionJournal(),
                _ => handlers-- > 0 ? new ScriptedHandler() : throw new InvalidOperationException("No handler."),
                o => TestIo.Apply(o.Loops, count: isShared ? 2 : 1, io: mechanism)));
            Assert.Equal("No handler.", fault.Message);
        }
    }

    [Fact]
    public async Task At_the_start_on_loops_of_somebody_else_those_go_on()
    {
        await using LoopGroup group = LoopGroupReading.Create();
        await using TestServer neighbour = TestServer.Echo(group: group);
        Assert.Throws<InvalidOperationException>(() => TestServer.Start(
            new ConnectionJournal(), _ => throw new InvalidOperationException("No handler."), group: group));
        using TestClient client = await neighbour.ConnectAsync();
        await client.ExchangeAsync();
    }

    [Fact]
    public async Task For_a_thread_it_costs_the_connection_that_needed_it()
    {
        int calls = 0;
        var journal = new ConnectionJournal();

        // The first call is for the accepting loop, the third for the second connection.
        await using TestServer server = TestServer.Start(
            journal,
            _ => Interlocked.Increment(ref calls) == 3
                ? throw new InvalidOperationException("No handler.")
                : new EchoHandler(journal),
            o => TestIo.Apply(o.Loops, io: IoMechanism.ThreadPerConnection));
        using TestClient first = await server.ConnectAsync();
        await first.ExchangeAsync();
        await TestClient.ExpectResetAsync(server.EndPoint);

        await first.ExchangeAsync();
        await Patience.UntilAsync(() => server.Server.ConnectionCount == 1);
        Assert.Equal(1, await server.Group.SumAsync(loop => loop.Statistics.HandlerFaults));

        // The thread is free again, and the factory is asked once more for it.
        using TestClient third = await server.ConnectAsync();
        await third.ExchangeAsync();
        Assert.Equal(4, Volatile.Read(ref calls));
        Assert.Equal(3, server.Group.Count);
        Assert.False(server.Server.Completion.IsCompleted);
    }
}
