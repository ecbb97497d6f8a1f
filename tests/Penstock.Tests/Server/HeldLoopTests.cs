using System.Net.Sockets;

namespace Penstock.Tests.Server;

/// <summary>A handler that does not return: every stop ends all the same, and says which loop is held.</summary>
public sealed class HeldLoopTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_stop_leaves_a_held_loop_behind_after_its_time()
    {
        using var hold = new Hold();
        await using LoopGroup group = CreateGroup();
        TestServer server = StartHeld(hold, group);
        using TestClient client = await HoldAsync(server);

        await server.Server.StopAsync(TestContext.Current.CancellationToken).Bounded();
        Assert.True(server.Server.Completion.IsCompletedSuccessfully);
        Assert.Contains(group.Loops.ToArray(), loop => loop.IsGivenUp);
        await AssertRefusedAsync(server);

        // The handler comes back: what was left behind ends.
        hold.Set();
        await client.ExpectGoneAsync();
        await server.Journal.WaitClosedAsync();
        server.Journal.AssertPaired();
    }

    [Fact]
    public async Task Stopping_to_accept_does_not_wait_for_a_held_loop_and_refuses_newcomers()
    {
        using var hold = new Hold();
        await using LoopGroup group = CreateGroup();
        await using TestServer server = StartHeld(hold, group);
        using TestClient client = await HoldAsync(server);

        await server.Server.StopAcceptingAsync().Bounded();
        await AssertRefusedAsync(server);
        Assert.False(server.Server.Completion.IsCompleted);
        hold.Set();
        Assert.Equal("!", await client.ReceiveTextAsync(1));
    }

    [Fact]
    public async Task Disposing_a_server_leaves_a_held_loop_behind()
    {
        using var hold = new Hold();
        await using LoopGroup group = CreateGroup();
        TestServer server = StartHeld(hold, group);
        using TestClient client = await HoldAsync(server);
        await Task.Run(server.Server.Dispose, TestContext.Current.CancellationToken).Bounded();
        Assert.True(server.Server.Completion.IsCompletedSuccessfully);
        hold.Set();
        await client.ExpectGoneAsync();
    }

    [Fact]
    public async Task Ending_the_loops_leaves_a_held_one_behind()
    {
        using var hold = new Hold();
        LoopGroup group = CreateGroup();
        TestServer server = StartHeld(hold, group);
        using TestClient client = await HoldAsync(server);
        await group.DisposeAsync().AsTask().Bounded();
        Assert.False(group.IsHealthy);
        Assert.False(group.Ended.IsCompleted && TestIo.LoopsAreShared);
        hold.Set();
        await group.Ended.Bounded();
        await client.ExpectGoneAsync();
        await server.Server.Completion.Bounded();
    }

    [Fact]
    public async Task The_connections_of_other_loops_are_drained_meanwhile()
    {
        TestIo.SkipUnlessLoopsAreShared();
        using var hold = new Hold();
        await using LoopGroup group = CreateGroup(loops: 2);
        TestServer server = StartHeld(hold, group, o =>
        {
            o.Distribution = AcceptDistribution.RoundRobin;
            o.ShutdownTimeout = TimeSpan.FromSeconds(3);
        });
        using TestClient first = await server.ConnectAsync();
        await server.Journal.WaitOpenedAsync();
        using TestClient second = await server.ConnectAsync();
        ConnectionId other = await server.Journal.WaitOpenedAsync(2);
        ConnectionId held = server.Journal.Opened[0];
        Assert.NotEqual(held.Loop, other.Loop);
        await first.SendAsync("!");
        Task stopping = server.Server.StopAsync(TestContext.Current.CancellationToken);
        await second.ExpectEndAsync();
        await stopping.Bounded();
        hold.Set();
        await first.ExpectGoneAsync();
    }

    [Fact]
    public async Task A_server_cannot_be_disposed_of_by_its_own_loop()
    {
        await using LoopGroup group = CreateGroup();
        await using TestServer server = TestServer.Scripted(new ScriptedHandler(), group: group);
        var refused = await group.ReadAsync(() => Record.Exception(server.Server.Dispose));
        Assert.Contains("StopAsync", Assert.IsType<InvalidOperationException>(refused).Message);
        Assert.False(server.Server.Completion.IsCompleted);
    }

    private static LoopGroup CreateGroup(int loops = 1)
    {
        var options = new LoopOptions { MaxConnectionsPerLoop = 64, StopTimeout = Soon };
        TestIo.Apply(options, loops);
        return new LoopGroup(options);
    }

    /// <summary>A client that sends "!" holds its loop until the test lets go.</summary>
    private static TestServer StartHeld(
        Hold hold, LoopGroup group, Action<ServerOptions>? configure = null)
    {
        var handler = new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                hold.Wait();
                return ScriptedHandler.Echo(connection, data);
            },
        };
        return TestServer.Scripted(
            handler,
            o =>
            {
                o.ShutdownTimeout = Soon;
                configure?.Invoke(o);
            },
            group);
    }

    private static async Task<TestClient> HoldAsync(TestServer server)
    {
        TestClient client = await server.ConnectAsync();
        ConnectionId held = await server.Journal.WaitOpenedAsync();
        await client.SendAsync("!");

        // Held for certain: what is posted does not run any more.
        long turns = -1;
        await Patience.UntilAsync(() =>
        {
            long before = turns;
            turns = server.Group[held.Loop].ReadCounters().ReceivedBytes;
            return before == 1 && turns == 1;
        });
        return client;
    }

    private static async Task AssertRefusedAsync(TestServer server)
    {
        if (!TestIo.LoopsAreShared)
            return;
        var refused = await Assert.ThrowsAsync<SocketException>(server.ConnectAsync);
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    /// <summary>Where a handler stays until the test lets it go, or ends: no thread is left for other tests.</summary>
    private sealed class Hold : IDisposable
    {
        private readonly ManualResetEventSlim _released = new();

        public void Wait() => _released.Wait();

        public void Set() => _released.Set();

        /// <summary>The event itself is left to the collector: the handler may be in it.</summary>
        public void Dispose() => Set();
    }
}
