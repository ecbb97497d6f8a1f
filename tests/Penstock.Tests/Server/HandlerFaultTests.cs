using System.Text;

namespace Penstock.Tests.Server;

/// <summary>A handler that throws ends the connection it threw for, and nothing else.</summary>
public sealed class HandlerFaultTests
{
    /// <summary>A connection says what it wants with its first byte: this one wants a fault.</summary>
    private const byte Bad = (byte)'!';

    public static TheoryData<int> CountsOutOfRange => [-1, 4, int.MinValue, int.MaxValue];

    [Fact]
    public async Task In_OnOpened()
    {
        int opened = 0;
        var handler = new ScriptedHandler { Opened = _ => ThrowWhen(++opened == 2) };
        await using TestServer server = TestServer.Scripted(handler);
        using TestClient first = await server.ConnectAsync();
        await server.Journal.WaitOpenedAsync();
        await TestClient.ExpectResetAsync(server.EndPoint);
        await AssertFaultAsync(server, first);
    }

    [Fact]
    public Task In_OnReceived() =>
        FailSecondOfTwoAsync(new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                ThrowWhen(data[0] == Bad);
                return ScriptedHandler.Echo(connection, data);
            },
        });

    [Theory]
    [MemberData(nameof(CountsOutOfRange))]
    public Task When_it_says_that_it_consumed_what_there_was_not(int consumed) =>
        FailSecondOfTwoAsync(new ScriptedHandler
        {
            Received = (connection, data) => data[0] == Bad ? consumed : ScriptedHandler.Echo(connection, data),
        });

    [Fact]
    public Task In_OnPeerFinished() =>
        FailSecondOfTwoAsync(new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                connection.UserState = data[0];
                return ScriptedHandler.Echo(connection, data);
            },
            PeerFinished = connection => ThrowWhen(connection.UserState is Bad),
        });

    [Fact]
    public Task In_OnDrained() =>
        FailSecondOfTwoAsync(
            new ScriptedHandler
            {
                Received = (connection, data) =>
                {
                    if (data[0] == Bad)
                        connection.Send(new byte[1_000]);
                    return ScriptedHandler.Echo(connection, data);
                },
                Drained = _ => ThrowWhen(true),
            },
            o => (o.MaxSendQueueBytes, o.ResumeSendQueueBytes) = (500, 100));

    [Fact]
    public async Task In_OnClosed_it_changes_nothing_but_the_count()
    {
        var handler = new ScriptedHandler { Closed = (_, _) => ThrowWhen(true) };
        await using TestServer server = TestServer.Scripted(handler);
        using TestClient first = await server.ConnectAsync();
        await server.Journal.WaitOpenedAsync();
        using (TestClient second = await server.ConnectAsync())
        {
            second.FinishSending();
            await second.ExpectEndAsync();
        }

        Assert.Equal(CloseReason.PeerFinished, await server.Journal.WaitClosedAsync());
        await Patience.UntilAsync(() => server.Server.ConnectionCount == 1);
        Assert.Equal(1, await server.Group.SumAsync(loop => loop.Statistics.HandlerFaults));
        await EchoAsync(first);
    }

    [Fact]
    public async Task In_posted_work()
    {
        await using TestServer server = TestServer.Scripted(new ScriptedHandler());
        using TestClient first = await server.ConnectAsync();
        await server.Journal.WaitOpenedAsync();
        using TestClient second = await server.ConnectAsync();
        ConnectionId id = await server.Journal.WaitOpenedAsync(2);
        Assert.True(server.Group.Post(id, _ => ThrowWhen(true)));
        await second.ExpectResetAsync();
        await AssertFaultAsync(server, first);
    }

    /// <summary>Two connections; the second sends the bad byte and finishes, and only it ends.</summary>
    private static async Task FailSecondOfTwoAsync(ScriptedHandler handler, Action<ServerOptions>? configure = null)
    {
        await using TestServer server = TestServer.Scripted(handler, configure);
        using TestClient first = await server.ConnectAsync();
        await EchoAsync(first);
        using TestClient second = await server.ConnectAsync();
        await second.SendAsync(new[] { Bad, Bad, Bad });

        // The reset may have come by now, and then there is nothing to finish.
        _ = Record.Exception(second.FinishSending);
        await second.ExpectResetAsync();
        await AssertFaultAsync(server, first);
    }

    private static async Task AssertFaultAsync(TestServer server, TestClient survivor)
    {
        Assert.Equal(CloseReason.HandlerFault, await server.Journal.WaitClosedAsync());
        await EchoAsync(survivor);
        Assert.Equal(1, await server.Group.SumAsync(loop => loop.Statistics.HandlerFaults));
        Assert.Single(server.Journal.Closed);
    }

    private static async Task EchoAsync(TestClient client)
    {
        await client.SendAsync("fine");
        Assert.Equal("fine", Encoding.ASCII.GetString(await client.ReceiveExactlyAsync(4)));
    }

    private static void ThrowWhen(bool condition)
    {
        if (condition)
            throw new InvalidOperationException("The test's handler throws.");
    }
}
