using System.Net;

namespace Penstock.Tests.Server;

/// <summary>
/// Whatever the application throws, from wherever the engine calls it, costs at most the connection that it was called
/// for: a client that was there goes on, newcomers are served, and the fault is counted.
/// </summary>
public sealed class ThrowingApplicationTests
{
    /// <summary>A client that sends this wants the fault; one that sends anything else is echoed.</summary>
    private const byte Bad = (byte)'!';

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(5);

    /// <summary>What costs the connection that it was called for.</summary>
    private static readonly Dictionary<string, Func<LoopGroup, ScriptedHandler>> OfConnections = new()
    {
        ["OnReceived"] = _ => OnBad(_ => Throw()),
        ["OnReceived, an exception that cannot be printed"] = _ => OnBad(_ => throw new UnprintableException()),
        ["OnCongested"] = _ => new ScriptedHandler { Received = FillIfBad, Congested = _ => Throw() },
        ["OnDrained"] = _ => new ScriptedHandler { Received = FillIfBad, Drained = _ => Throw() },
        ["OnPeerFinished"] = _ => new ScriptedHandler { Received = MarkIfBad, PeerFinished = ThrowIfMarked },
        ["OnPeerFinishing"] = _ => new ScriptedHandler { Received = PauseIfBad, PeerFinishing = _ => Throw() },
        ["posted work of a connection"] = group => OnBad(c => group.Post(c.Id, _ => Throw())),
        ["a topic's callback"] = group => OnBad(c => PublishTo(group, c)),
        ["a topic's callback, from another thread"] = group => OnBad(c => Task.Run(() => PublishTo(group, c))),
    };

    /// <summary>What is called for no connection, or for one that is over.</summary>
    private static readonly Dictionary<string, Func<LoopGroup, ScriptedHandler>> OfNone = new()
    {
        ["OnClosed"] = _ => new ScriptedHandler { Received = MarkIfBad, Closed = (c, _) => ThrowIfMarked(c) },
        ["posted work"] = group => OnBad(c => group[c.Id.Loop].Post(Throw)),
        ["posted work, an exception that cannot be printed"] =
            group => OnBad(c => group[c.Id.Loop].Post(() => throw new UnprintableException())),
        ["a timer"] = group => OnBad(c => group[c.Id.Loop].StartTimer(Beat, Throw)),
        ["a continuation of the loop"] = _ => OnBad(_ => SynchronizationContext.Current!.Post(_ => Throw(), null)),
        ["async void"] = _ => OnBad(_ => ThrowLater()),
        ["async void, at once"] = _ => OnBad(_ => ThrowAtOnce()),
        ["a message that was given back too early"] = group => OnBad(c => PublishFreed(group, c)),
    };

    public static TheoryData<string> Connections => [.. OfConnections.Keys];

    public static TheoryData<string> Others => [.. OfNone.Keys];

    [Theory]
    [MemberData(nameof(Connections))]
    public async Task It_costs_one_connection(string place)
    {
        await using LoopGroup group = LoopGroupReading.Create();
        await using TestServer server = Serve(OfConnections[place](group), group);
        using TestClient first = await server.ConnectAsync();
        await EchoAsync(first);
        using TestClient second = await server.ConnectAsync();
        await second.SendAsync([Bad]);
        if (place is "OnPeerFinished" or "OnPeerFinishing")
            second.FinishSending();
        await second.ExpectResetAsync();
        await AssertOthersGoOnAsync(server, first, faults: 1);
        Assert.Equal(CloseReason.HandlerFault, await server.Journal.WaitClosedAsync());
    }

    [Theory]
    [MemberData(nameof(Others))]
    public async Task It_costs_nothing_where_there_is_no_connection(string place)
    {
        await using LoopGroup group = LoopGroupReading.Create();
        await using TestServer server = Serve(OfNone[place](group), group);
        using TestClient first = await server.ConnectAsync();
        await EchoAsync(first);
        using TestClient second = await server.ConnectAsync();
        await second.SendAsync([Bad]);
        second.FinishSending();
        await second.ExpectEndAsync();
        await AssertOthersGoOnAsync(server, first, faults: 1);
    }

    [Fact]
    public async Task A_timer_that_throws_is_not_called_again_and_the_others_are()
    {
        await using LoopGroup group = LoopGroupReading.Create();
        int calls = 0;
        int others = 0;
        using IDisposable other = group[0].StartTimer(Beat, () => others++);
        using IDisposable timer = group[0].StartTimer(Beat, () =>
        {
            calls++;
            Throw();
        });
        await Patience.UntilAsync(() => Faults(group) == 1);
        int seen = await group.ReadAsync(() => others);
        await Patience.UntilAsync(() => group.ReadAsync(() => others >= seen + 5));
        Assert.Equal(1, await group.ReadAsync(() => calls));
        Assert.Equal(1, Faults(group));
    }

    [Fact]
    public async Task The_place_of_a_timer_that_threw_is_given_back_once()
    {
        await using LoopGroup group = LoopGroupReading.Create();
        for (int i = 0; i < 200; i++)
        {
            using IDisposable timer = group[0].StartTimer(Beat, Throw);
            long faults = i + 1;
            await Patience.UntilAsync(() => Faults(group) == faults);
        }

        Assert.Equal(200, Faults(group));
    }

    [Fact]
    public async Task Async_void_that_throws_when_its_loop_has_ended_does_not_end_the_process()
    {
        LoopGroup group = LoopGroupReading.Create();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var events = new EngineEvents();
        await group.ReadAsync(() =>
        {
            ThrowBehind(gate.Task);
            return true;
        });
        await group.DisposeAsync();
        gate.SetResult();
        await Patience.UntilAsync(() => events.Contains(8, "The test's application throws."));
        Assert.True(group.Ended.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task An_endpoint_that_throws_on_the_loop_fails_its_attempt()
    {
        TestIo.SkipIfOneAtATime();
        await using LoopGroup group = LoopGroupReading.Create();
        await using TestServer server = Serve(new ScriptedHandler(), group);
        using TestClient first = await server.ConnectAsync();
        await EchoAsync(first);
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => ConnectAsync(group, new UntellableEndPoint(), new ScriptedHandler()));
        await AssertOthersGoOnAsync(server, first, faults: 0);
    }

    [Fact]
    public async Task OnOpened_that_throws_fails_the_attempt_to_connect()
    {
        TestIo.SkipIfOneAtATime();
        await using LoopGroup group = LoopGroupReading.Create();
        await using TestServer server = Serve(new ScriptedHandler(), group);
        var handler = new ScriptedHandler { Opened = _ => Throw() };
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ConnectAsync(group, server.EndPoint, handler));
        Assert.Equal("The test's application throws.", fault.Message);
        Assert.Equal(CloseReason.HandlerFault, await handler.Journal.WaitClosedAsync());
    }

    private static TestServer Serve(ScriptedHandler handler, LoopGroup group) => TestServer.Scripted(
        handler, o => (o.MaxSendQueueBytes, o.ResumeSendQueueBytes) = (500, 100), group);

    private static ScriptedHandler OnBad(Action<Connection> fault) => new()
    {
        Received = (connection, data) =>
        {
            if (data[0] != Bad)
                return ScriptedHandler.Echo(connection, data);
            fault(connection);
            return data.Length;
        },
    };

    private static int FillIfBad(Connection connection, ReadOnlySpan<byte> data)
    {
        if (data[0] == Bad)
            connection.Send(new byte[1_000]);
        return ScriptedHandler.Echo(connection, data);
    }

    private static int MarkIfBad(Connection connection, ReadOnlySpan<byte> data)
    {
        if (data[0] == Bad)
            connection.UserState = Bad;
        else
            connection.Send(data);
        return data.Length;
    }

    private static int PauseIfBad(Connection connection, ReadOnlySpan<byte> data)
    {
        if (data[0] == Bad)
            connection.Pause();
        else
            connection.Send(data);
        return data.Length;
    }

    private static void ThrowIfMarked(Connection connection)
    {
        if (connection.UserState is Bad)
            Throw();
    }

    private static void PublishTo(LoopGroup group, Connection connection)
    {
        Topic topic = new Broadcaster().CreateTopic(_ => Throw());
        group.Post(connection.Id, subscriber =>
        {
            topic.Subscribe(subscriber);
            using SharedPayload payload = SharedPayload.Copy("news"u8);
            topic.Publish(payload);
        });
    }

    /// <summary>One reference too many is given back, so that the loop is handed a message that is gone.</summary>
    private static void PublishFreed(LoopGroup group, Connection connection)
    {
        Topic topic = new Broadcaster().CreateTopic();
        topic.Subscribe(connection);
        SharedPayload payload = SharedPayload.Copy("news"u8);
        topic.Publish(payload);
        payload.Dispose();
        payload.Dispose();
    }

    private static void Throw() => throw new InvalidOperationException("The test's application throws.");

    private static async void ThrowLater()
    {
        await Task.Yield();
        Throw();
    }

    private static async void ThrowBehind(Task gate)
    {
        await gate;
        Throw();
    }

#pragma warning disable CS1998 // Without an await, as such a method may be.
    private static async void ThrowAtOnce() => Throw();
#pragma warning restore CS1998

    private static async Task EchoAsync(TestClient client)
    {
        await client.SendAsync("fine");
        Assert.Equal("fine", await client.ReceiveTextAsync(4));
    }

    private static async Task AssertOthersGoOnAsync(TestServer server, TestClient survivor, long faults)
    {
        await Patience.UntilAsync(() => Faults(server.Group) >= faults);
        await EchoAsync(survivor);
        using TestClient newcomer = await server.ConnectAsync();
        await EchoAsync(newcomer);
        Assert.Equal(faults, Faults(server.Group));
        Assert.False(server.Server.Completion.IsCompleted);
        Assert.False(server.Group.Completion.IsCompleted);
    }

    private static Task<ConnectionId> ConnectAsync(LoopGroup group, EndPoint remote, ConnectionHandler handler) =>
        group.ConnectAsync(remote, handler, cancellationToken: TestContext.Current.CancellationToken).Bounded();

    private static long Faults(LoopGroup group) => Enumerable.Range(0, group.Count)
        .Select(loop => group[loop].ReadCounters())
        .Sum(counters => counters.HandlerFaults + counters.CallbackFaults);

    /// <summary>Fails whoever wants to report it.</summary>
    private sealed class UnprintableException : Exception
    {
        public override string Message => throw new InvalidOperationException("This exception has no message.");

        public override string ToString() => throw new InvalidOperationException("This exception has no text.");
    }

    /// <summary>An endpoint of the application's own, which fails when it is asked for its bytes.</summary>
    private sealed class UntellableEndPoint() : IPEndPoint(IPAddress.Loopback, 9)
    {
        public override SocketAddress Serialize() => throw new InvalidOperationException("This endpoint has no bytes.");
    }
}
