namespace Penstock.Tests.Server;

/// <summary>The deadlines of a connection, on a clock that the test moves, and once each on the real one.</summary>
public sealed class TimeoutTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Nothing_said_within_the_first_message_timeout_closes()
    {
        await using TestServer server = StartEcho();
        using TestClient client = await server.ConnectAsync();
        await server.Journal.WaitOpenedAsync();
        await AdvanceAsync(server, First - Second);
        Assert.Empty(server.Journal.Closed);
        await AdvanceAsync(server, Second);
        Assert.Equal(CloseReason.FirstMessageTimeout, await server.Journal.WaitClosedAsync());
        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task Part_of_a_message_does_not_put_the_first_message_timeout_off()
    {
        await using TestServer server = StartEcho();
        using TestClient client = await server.ConnectAsync();
        await server.Journal.WaitOpenedAsync();
        await AdvanceAsync(server, First - Second);
        await client.SendAsync(TestClient.Frame("slow").AsMemory(0, 6));
        await Patience.UntilAsync(() => server.Group.Sum(loop => loop.Statistics.ReceivedBytes) == 6);
        await AdvanceAsync(server, Second);
        Assert.Equal(CloseReason.FirstMessageTimeout, await server.Journal.WaitClosedAsync());
    }

    [Fact]
    public async Task A_whole_message_starts_the_idle_timeout_anew()
    {
        await using TestServer server = StartEcho();
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
        for (int i = 0; i < 3; i++)
        {
            await AdvanceAsync(server, Idle - Second);
            await client.ExchangeAsync();
        }

        await AdvanceAsync(server, Idle - Second);
        Assert.Empty(server.Journal.Closed);
        await AdvanceAsync(server, Second);
        Assert.Equal(CloseReason.IdleTimeout, await server.Journal.WaitClosedAsync());
        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task Without_a_first_message_timeout_the_idle_timeout_counts_from_connecting()
    {
        await using TestServer server = StartEcho(o => o.FirstMessageTimeout = Timeout.InfiniteTimeSpan);
        using TestClient client = await server.ConnectAsync();
        await server.Journal.WaitOpenedAsync();
        await AdvanceAsync(server, Idle);
        Assert.Equal(CloseReason.IdleTimeout, await server.Journal.WaitClosedAsync());
    }

    [Fact]
    public async Task Without_any_timeout_a_silent_connection_stays()
    {
        await using TestServer server = StartEcho(
            o => o.FirstMessageTimeout = o.IdleTimeout = Timeout.InfiniteTimeSpan);
        using TestClient client = await server.ConnectAsync();
        await server.Journal.WaitOpenedAsync();
        await AdvanceAsync(server, TimeSpan.FromDays(10));
        await client.ExchangeAsync();
    }

    [Fact]
    public async Task Each_of_several_connections_has_its_own_deadline()
    {
        await using TestServer server = StartEcho();
        using TestClient early = await server.ConnectAsync();
        using TestClient late = await server.ConnectAsync();
        await late.ExchangeAsync("first");
        await early.ExchangeAsync();
        await AdvanceAsync(server, Idle / 2);
        await late.ExchangeAsync();
        await AdvanceAsync(server, Idle / 2);
        await early.ExpectEndAsync();
        await late.ExchangeAsync();
        await AdvanceAsync(server, Idle);
        await late.ExpectEndAsync();
        await server.Journal.WaitClosedAsync(2);
        Assert.Equal([CloseReason.IdleTimeout, CloseReason.IdleTimeout], server.Journal.Closed);
    }

    [Fact]
    public async Task Time_does_not_count_while_the_handler_has_paused()
    {
        var handler = new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                connection.Pause();
                return ScriptedHandler.Echo(connection, data);
            },
        };
        await using TestServer server = TestServer.Scripted(handler, Virtual);
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        await client.ReceiveTextAsync(1);
        for (int i = 0; i < 5; i++)
            await AdvanceAsync(server, Idle);
        Assert.Empty(server.Journal.Closed);

        server.Group.Post(await server.Journal.WaitOpenedAsync(), connection => connection.Resume());
        await AdvanceAsync(server, Idle);
        await AdvanceAsync(server, Idle);
        Assert.Equal(CloseReason.IdleTimeout, await server.Journal.WaitClosedAsync());
    }

    [Fact]
    public async Task Time_does_not_count_while_replies_wait_for_a_peer_that_may_take_its_time()
    {
        await using TestServer server = StartEcho(o => o.WriteStallTimeout = Timeout.InfiniteTimeSpan);
        using TestClient client = await server.ConnectWithSmallBufferAsync();
        byte[] request = TestClient.Frame(TestClient.Pattern(1024 * 1024));
        byte[] requests = [.. Enumerable.Range(0, 32).SelectMany(_ => request)];
        Task sending = client.SendAsync(requests);
        await server.WaitStalledAsync();
        for (int i = 0; i < 5; i++)
            await AdvanceAsync(server, Idle);
        Assert.Empty(server.Journal.Closed);
        Assert.Equal(requests, await client.ReceiveExactlyAsync(requests.Length));
        await sending;
    }

    [Fact]
    public async Task A_stalled_write_times_out_on_the_virtual_clock_and_progress_puts_it_off()
    {
        await using TestServer server = StartEcho();
        using TestClient client = await server.ConnectWithSmallBufferAsync();
        Task sending = client.SendAsync(new byte[64 * 1024 * 1024]);
        await server.WaitStalledAsync();
        await AdvanceAsync(server, TimeSpan.FromSeconds(29));

        long sent = await SentAsync();
        await client.ReceiveExactlyAsync(2 * 1024 * 1024);
        await Patience.UntilAsync(async () => await SentAsync() > sent);
        await server.WaitStalledAsync();
        await AdvanceAsync(server, TimeSpan.FromSeconds(29));
        Assert.Empty(server.Journal.Closed);

        await AdvanceAsync(server, TimeSpan.FromSeconds(2));
        Assert.Equal(CloseReason.WriteStallTimeout, await server.Journal.WaitClosedAsync());
        await Assert.ThrowsAnyAsync<Exception>(() => sending);

        Task<long> SentAsync() => Task.FromResult(server.Group.Sum(loop => loop.Statistics.SentBytes));
    }

    [Fact]
    public async Task Several_servers_of_one_group_keep_their_own_deadlines()
    {
        TestIo.SkipIfOneAtATime();
        await using LoopGroup group = LoopGroupReading.Create(time: _time);
        await using TestServer patient = TestServer.Echo(o => o.FirstMessageTimeout = Idle, group);
        await using TestServer strict = TestServer.Echo(o => o.FirstMessageTimeout = First, group);
        using TestClient slow = await patient.ConnectAsync();
        using TestClient quick = await strict.ConnectAsync();
        await patient.Journal.WaitOpenedAsync();
        await strict.Journal.WaitOpenedAsync();
        await AdvanceAsync(strict, First);
        Assert.Equal(CloseReason.FirstMessageTimeout, await strict.Journal.WaitClosedAsync());
        Assert.Empty(patient.Journal.Closed);
        await AdvanceAsync(strict, Idle - First);
        Assert.Equal(CloseReason.FirstMessageTimeout, await patient.Journal.WaitClosedAsync());
    }

    [Fact]
    public async Task Timeouts_come_by_themselves_on_the_real_clock()
    {
        await using TestServer server = TestServer.Echo(o =>
        {
            o.FirstMessageTimeout = TimeSpan.FromMilliseconds(100);
            o.IdleTimeout = TimeSpan.FromMilliseconds(150);
        });
        using TestClient silent = await server.ConnectAsync();
        Assert.Equal(CloseReason.FirstMessageTimeout, await server.Journal.WaitClosedAsync());

        await using TestServer other = TestServer.Echo(o => o.IdleTimeout = TimeSpan.FromMilliseconds(50));
        using TestClient client = await other.ConnectAsync();
        await client.ExchangeAsync();
        await client.ExpectEndAsync();
        Assert.Equal(CloseReason.IdleTimeout, await other.Journal.WaitClosedAsync());
    }

    private TestServer StartEcho(Action<ServerOptions>? adjust = null) => TestServer.Echo(Virtual + adjust);

    private void Virtual(ServerOptions options)
    {
        options.Loops.TimeProvider = _time;
        options.IdleTimeout = Idle;
        options.FirstMessageTimeout = First;
    }

    /// <summary>
    /// Moves the clock, then lets the loop have two whole turns, so that whatever is due has been done.
    /// </summary>
    private async Task AdvanceAsync(TestServer server, TimeSpan duration)
    {
        // A client may have its reply before the loop has heard of the send, which begins the time anew.
        await TurnAsync(server.Group);
        _time.Advance(duration);
        await TurnAsync(server.Group);
    }

    private static async Task TurnAsync(LoopGroup group)
    {
        // What is posted after an answer is run in a later turn than the one that answered.
        for (int round = 0; round < 3; round++)
        {
            for (int loop = 0; loop < group.Count; loop++)
                await group.ReadAsync(() => true, loop);
        }
    }
}
