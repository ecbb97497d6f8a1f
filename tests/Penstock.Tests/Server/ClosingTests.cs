using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Penstock.Tests.Server;

/// <summary>How connections end when the server's side ends them.</summary>
public sealed class ClosingTests
{
    [Fact]
    public async Task A_connection_that_is_over_has_no_socket_to_ask()
    {
        // The number of the closed descriptor is the next one to be given out.
        (object? Remote, object? Local, int Sent) seen = ("unknown", "unknown", -1);
        using var elsewhere = new TcpListener(IPAddress.Loopback, 0);
        elsewhere.Start();
        var handler = new ScriptedHandler
        {
            Closed = (connection, _) =>
            {
                using var next = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                next.Connect(elsewhere.LocalEndpoint);
                var bytes = new ReadOnlySequence<byte>("x"u8.ToArray());
                seen = (connection.RemoteEndPoint, connection.LocalEndPoint, connection.Socket.TrySend(in bytes));
            },
        };
        await using TestServer server = TestServer.Scripted(handler);
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        client.Reset();
        await Patience.UntilAsync(() => seen.Sent >= 0);
        Assert.Equal((null, null, 0), seen);
    }

    [Fact]
    public async Task Closing_delivers_what_was_sent_and_discards_what_is_sent_afterwards()
    {
        await using TestServer server = StartAnswering(connection =>
        {
            connection.Send("before"u8);
            connection.Close();
            connection.Send("after"u8);
            "after"u8.CopyTo(connection.GetSpan(5));
            connection.Advance(5);
            "after"u8.CopyTo(connection.GetMemory(5).Span);
            connection.Advance(5);
            Assert.Equal(ConnectionState.Draining, connection.State);
            Assert.False(connection.WantsInput);
        });
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync("go");
        Assert.Equal("before"u8.ToArray(), await client.ReceiveToEndAsync());
        client.FinishSending();
        Assert.Equal(CloseReason.LocalClose, await server.Journal.WaitClosedAsync());
    }

    [Fact]
    public async Task A_large_reply_before_a_close_arrives_whole_although_the_client_goes_on_sending()
    {
        byte[] reply = TestClient.Pattern(8 * 1024 * 1024);
        await using TestServer server = StartAnswering(connection =>
        {
            connection.Send(reply);
            connection.Close();
        });
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync(new byte[1_000]);
        await client.SendAsync(new byte[500_000]);
        Assert.Equal(reply, await client.ReceiveToEndAsync());
        client.FinishSending();
        await server.Journal.WaitClosedAsync();
    }

    [Fact]
    public async Task Aborting_resets_and_drops_what_was_staged()
    {
        await using TestServer server = StartAnswering(connection =>
        {
            connection.Send("never"u8);
            connection.Abort();
        });
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync("go");
        await client.ExpectResetAsync();
        Assert.Equal(CloseReason.LocalClose, await server.Journal.WaitClosedAsync());
    }

    [Fact]
    public async Task Closing_now_drops_what_was_staged_and_the_peer_sees_an_ordinary_end()
    {
        var handler = new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                connection.Send("never"u8);
                connection.CloseNow();
                return data.Length;
            },
        };
        await using TestServer server = TestServer.Scripted(handler);
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync("go");
        await client.ExpectEndAsync();
        Assert.Equal(CloseReason.LocalClose, await server.Journal.WaitClosedAsync());
    }

    [Fact]
    public async Task The_first_reason_wins()
    {
        await using TestServer server = StartAnswering(connection =>
        {
            connection.Close(CloseReason.ProtocolError);
            connection.Close(CloseReason.MessageTooLarge);
            connection.Abort();
            connection.Abort();
        });
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync("go");
        await client.ExpectGoneAsync();
        Assert.Equal(CloseReason.ProtocolError, await server.Journal.WaitClosedAsync());
    }

    [Fact]
    public async Task A_handler_may_close_the_moment_the_connection_opens()
    {
        var handler = new ScriptedHandler
        {
            Opened = connection =>
            {
                connection.Send("busy"u8);
                connection.Close();
            },
        };
        await using TestServer server = TestServer.Scripted(handler);
        using TestClient client = await server.ConnectAsync();
        Assert.Equal("busy"u8.ToArray(), await client.ReceiveToEndAsync());
        client.FinishSending();
        Assert.Equal(CloseReason.LocalClose, await server.Journal.WaitClosedAsync());
    }

    [Fact]
    public async Task After_our_FIN_a_peer_has_the_linger_time_for_its_own()
    {
        var handler = new ScriptedHandler { Opened = connection => connection.Close() };
        await using TestServer server = TestServer.Scripted(
            handler, o => o.LingerTimeout = TimeSpan.FromMilliseconds(100));
        using TestClient client = await server.ConnectAsync();
        await client.ExpectEndAsync();

        // The client says nothing, and its slot is free all the same.
        Assert.Equal(CloseReason.LocalClose, await server.Journal.WaitClosedAsync());
        await Patience.UntilAsync(() => server.Server.ConnectionCount == 0);
    }

    [Fact]
    public async Task A_peer_that_is_silent_after_our_FIN_is_not_given_the_whole_linger_time()
    {
        var time = new ManualTimeProvider();
        await using TestServer server = StartLingering(time);
        using TestClient client = await server.ConnectAsync();
        await client.ExpectEndAsync();

        time.Advance(TimeSpan.FromMilliseconds(499));
        await server.Group.SumAsync(_ => 0);
        Assert.Empty(server.Journal.Closed);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(CloseReason.LocalClose, await server.Journal.WaitClosedAsync());
    }

    [Fact]
    public async Task A_peer_that_goes_on_sending_after_our_FIN_has_the_whole_linger_time()
    {
        var time = new ManualTimeProvider();
        await using TestServer server = StartLingering(time);
        using TestClient client = await server.ConnectAsync();
        await client.ExpectEndAsync();

        for (int i = 0; i < 4; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(400));

            // A turn that began before would receive at its own time.
            await server.Group.SumAsync(_ => 0);
            long before = server.Group.Sum(loop => loop.Statistics.Completions);
            await client.SendAsync("still here");
            await Patience.UntilAsync(() => server.Group.Sum(loop => loop.Statistics.Completions) > before);
        }

        time.Advance(TimeSpan.FromMilliseconds(399));
        await server.Group.SumAsync(_ => 0);
        Assert.Empty(server.Journal.Closed);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(CloseReason.LocalClose, await server.Journal.WaitClosedAsync());
    }

    [Fact]
    public async Task Without_lingering_the_connection_ends_with_its_last_byte()
    {
        var handler = new ScriptedHandler
        {
            Opened = connection =>
            {
                connection.Send("bye"u8);
                connection.Close();
            },
        };
        await using TestServer server = TestServer.Scripted(
            handler, o => o.LingerTimeout = TimeSpan.Zero);
        using TestClient client = await server.ConnectAsync();
        Assert.Equal(CloseReason.LocalClose, await server.Journal.WaitClosedAsync());
        Assert.Equal("bye"u8.ToArray(), await client.ReceiveToEndAsync());
    }

    [Fact]
    public async Task A_connection_knows_both_of_its_ends()
    {
        (EndPoint? Local, EndPoint? Remote) ends = default;
        var handler = new ScriptedHandler { Opened = c => ends = (c.LocalEndPoint, c.RemoteEndPoint) };
        await using TestServer server = TestServer.Scripted(handler);
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        await client.ReceiveTextAsync(1);
        Assert.Equal((server.EndPoint, client.Socket.LocalEndPoint), ends);
    }

    [Fact]
    public async Task What_a_handler_keeps_with_a_connection_is_gone_for_the_next_in_its_slot()
    {
        List<object?> found = [];
        var handler = new ScriptedHandler
        {
            Opened = connection =>
            {
                found.Add(connection.UserState);
                connection.UserState = "secret";
            },
            Closed = (connection, _) => found.Add(connection.UserState),
        };
        await using TestServer server = TestServer.Scripted(handler);
        for (int i = 1; i <= 2; i++)
        {
            using TestClient client = await server.ConnectAsync();
            client.FinishSending();
            await client.ExpectEndAsync();
            await server.Journal.WaitClosedAsync(i);
        }

        Assert.Equal([null, "secret", null, "secret"], found);
    }

    /// <summary>A server that does this whenever something comes, and consumes it.</summary>
    private static TestServer StartAnswering(Action<Connection> answer) => TestServer.Scripted(new ScriptedHandler
    {
        Received = (connection, data) =>
        {
            answer(connection);
            return data.Length;
        },
    });

    /// <summary>
    /// A server that closes every connection at once, and lingers for two seconds of the given clock.
    /// </summary>
    private static TestServer StartLingering(ManualTimeProvider time)
    {
        var handler = new ScriptedHandler { Opened = connection => connection.Close() };
        return TestServer.Scripted(handler, o =>
        {
            o.LingerTimeout = TimeSpan.FromSeconds(2);
            o.Loops.TimeProvider = time;
        });
    }
}
