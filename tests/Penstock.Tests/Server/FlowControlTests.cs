using System.Text;

namespace Penstock.Tests.Server;

/// <summary>A handler that does not take everything at once is shown the rest later, whole and in order.</summary>
public sealed class FlowControlTests
{
    [Fact]
    public async Task What_a_handler_leaves_is_shown_again_with_what_comes_next()
    {
        List<string> shown = [];
        var handler = new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                shown.Add(Encoding.ASCII.GetString(data));
                if (data.IndexOf((byte)'!') < 0)
                    return 0;
                connection.Send(data);
                return data.Length;
            },
        };
        await using TestServer server = TestServer.Scripted(handler);
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync("one ");
        await Patience.UntilAsync(() => server.ReadAsync(() => shown.Count == 1));
        await client.SendAsync("two!");
        Assert.Equal("one two!", await client.ReceiveTextAsync(8));
        Assert.Equal(["one ", "one two!"], shown);
    }

    [Fact]
    public async Task A_paused_connection_is_not_received_from_and_resuming_shows_the_rest_first()
    {
        Connection? paused = null;
        var handler = new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                if (paused is not null)
                    return ScriptedHandler.Echo(connection, data);

                // Takes one byte, then no more.
                paused = connection;
                connection.Pause();
                connection.Send(data[..1]);
                return 1;
            },
        };
        await using TestServer server = TestServer.Scripted(handler);
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync("abc");
        Assert.Equal("a", await client.ReceiveTextAsync(1));
        await client.SendAsync("def");
        await server.RunOnLoopAsync(() => Assert.False(paused!.WantsInput), paused!.Id.Loop);
        client.ExpectSilence();

        await server.RunOnLoopAsync(() => paused!.Resume(), paused!.Id.Loop);
        Assert.Equal("bcdef", await client.ReceiveTextAsync(5));
        await client.SendAsync("g");
        Assert.Equal("g", await client.ReceiveTextAsync(1));
    }

    [Fact]
    public async Task The_rest_is_shown_on_resume_even_when_nothing_more_arrives()
    {
        bool first = true;
        var handler = new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                if (!first)
                    return ScriptedHandler.Echo(connection, data);
                first = false;
                connection.Pause();
                return 0;
            },
        };
        await using TestServer server = TestServer.Scripted(handler);
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync("abc");
        ConnectionId id = await server.Journal.WaitOpenedAsync();
        await Patience.UntilAsync(() => server.ReadAsync(() => !first));
        server.Group.Post(id, connection => connection.Resume());
        Assert.Equal("abc", await client.ReceiveTextAsync(3));
    }

    [Fact]
    public async Task A_FIN_that_comes_while_paused_is_told_after_the_rest()
    {
        List<string> seen = [];
        bool paused = false;
        var handler = new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                if (!paused)
                {
                    paused = true;
                    connection.Pause();
                    return 0;
                }

                seen.Add(Encoding.ASCII.GetString(data));
                return data.Length;
            },
            PeerFinished = connection =>
            {
                seen.Add("FIN");
                connection.Close();
            },
        };
        await using TestServer server = TestServer.Scripted(handler);
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync("abc");
        ConnectionId id = await server.Journal.WaitOpenedAsync();
        await Patience.UntilAsync(() => server.ReadAsync(() => paused));
        client.FinishSending();
        server.Group.Post(id, connection => connection.Resume());
        await client.ExpectEndAsync();
        await server.Journal.WaitClosedAsync();
        Assert.Equal(["abc", "FIN"], seen);
    }

    [Fact]
    public async Task A_handler_that_stops_when_input_is_not_wanted_gets_the_rest_later()
    {
        // Each request byte is answered with 64 KiB, and the handler asks before each.
        byte[] reply = TestClient.Pattern(64 * 1024);
        var handler = new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                int consumed = 0;
                while (consumed < data.Length && connection.WantsInput)
                {
                    connection.Send(reply);
                    consumed++;
                }

                return consumed;
            },
        };
        await using TestServer server = TestServer.Scripted(handler, o =>
        {
            o.MaxSendQueueBytes = 128 * 1024;
            o.ResumeSendQueueBytes = 64 * 1024;
        });
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync(new byte[200]);
        for (int i = 0; i < 200; i++)
            Assert.Equal(reply, await client.ReceiveExactlyAsync(reply.Length));
        client.ExpectSilence();
    }

    [Fact]
    public async Task Leaving_more_than_a_message_unconsumed_closes_the_connection()
    {
        var handler = new ScriptedHandler { Received = (_, _) => 0 };
        await using TestServer server = TestServer.Scripted(handler, o => o.MaxMessageBytes = 10_000);
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync(new byte[50_000]);
        await client.ExpectEndAsync();
        client.Dispose();
        Assert.Equal(CloseReason.MessageTooLarge, await server.Journal.WaitClosedAsync());
    }

    [Fact]
    public async Task Pausing_and_resuming_all_the_time_loses_nothing()
    {
        var handler = new ScriptedHandler
        {
            // Takes a third at a time and lets the rest wait.
            Received = (connection, data) =>
            {
                int consumed = (data.Length / 3) + 1;
                connection.Send(data[..consumed]);
                connection.Pause();
                return consumed;
            },
        };
        await using TestServer server = TestServer.Scripted(handler);
        using TestClient client = await server.ConnectAsync();
        ConnectionId id = await server.Journal.WaitOpenedAsync();
        using IDisposable resuming = server.Group[0].StartTimer(
            TimeSpan.FromMilliseconds(0.2), () => server.Group.Post(id, connection => connection.Resume()));

        byte[] request = TestClient.Pattern(300_000);
        Task sending = client.SendAsync(request);
        Assert.Equal(request, await client.ReceiveExactlyAsync(request.Length));
        await sending;
    }
}
