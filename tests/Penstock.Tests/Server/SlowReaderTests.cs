namespace Penstock.Tests.Server;

/// <summary>A peer that does not read may cost so much and no more, and loses nothing when it reads at last.</summary>
public sealed class SlowReaderTests
{
    private const int HighMark = 256 * 1024;

    /// <summary>The loop's receive buffer: replies to one read may come on top of the high mark.</summary>
    private const int OneReceive = 64 * 1024;

    [Fact]
    public async Task A_reader_that_never_reads_costs_the_high_mark_and_one_read_and_later_gets_every_byte()
    {
        int most = 0;
        var handler = new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                connection.Send(data);
                most = Math.Max(most, connection.UnsentBytes);
                return data.Length;
            },
        };
        await using TestServer server = TestServer.Scripted(handler, Limit);
        using TestClient client = await server.ConnectWithSmallBufferAsync();
        byte[] request = TestClient.Pattern(32 * 1024 * 1024);
        Task sending = client.SendAsync(request);

        // What was in flight when receiving paused is kept, and shown as one read when it resumes.
        int oneRead = Math.Max(OneReceive, server.Group.Loops[0].Driver.PauseOvershootBytes);
        await server.WaitStalledAsync();
        Assert.InRange(await server.ReadAsync(() => most), HighMark + 1, HighMark + oneRead);
        Assert.InRange(await server.RentedBytesAsync(), 1, HighMark + (2L * oneRead));
        Assert.False(sending.IsCompleted, "the client is slowed down");

        Assert.Equal(request, await client.ReceiveExactlyAsync(request.Length));
        await sending;
        await Patience.UntilAsync(async () => await server.RentedBytesAsync() == 0);
        Assert.InRange(most, HighMark + 1, HighMark + oneRead);
    }

    [Fact]
    public async Task Requests_that_were_held_back_for_room_are_shown_when_dropping_made_some()
    {
        const int replyBytes = 60;
        var handler = new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                int consumed = 0;
                for (; consumed < data.Length && connection.WantsInput; consumed++)
                {
                    using SharedPayload reply = SharedPayload.Create();
                    reply.GetSpan(replyBytes)[..replyBytes].Fill(data[consumed]);
                    reply.Advance(replyBytes);
                    connection.Send(reply);
                }

                return consumed;
            },
        };
        await using TestServer server = TestServer.Scripted(handler, o =>
        {
            o.SlowConsumer = SlowConsumerPolicy.DropOldest;
            (o.MaxSendQueueBytes, o.ResumeSendQueueBytes) = (100, 50);
        });
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync("12345");
        List<byte> replies = [];
        while (replies.Count % replyBytes != 0 || replies.LastOrDefault() != '5')
            replies.AddRange(await client.ReceiveAsync());

        // Two replies are more than the limit, so there is no way for all of them.
        long dropped = server.Group.Sum(loop => loop.Statistics.DroppedPayloads);
        Assert.InRange(dropped, 1, 4);
        Assert.Equal(5 * replyBytes, replies.Count + dropped * replyBytes);
        Assert.Equal(replies.Order(), replies);
    }

    [Fact]
    public async Task Other_connections_are_served_while_one_does_not_read()
    {
        await using TestServer server = StartEcho();
        using TestClient stuck = await server.ConnectWithSmallBufferAsync();
        Task sending = stuck.SendAsync(new byte[64 * 1024 * 1024]);
        await server.WaitStalledAsync();

        using TestClient other = await server.ConnectAsync();
        for (int i = 0; i < 100; i++)
            await other.ExchangeAsync($"message {i}");

        stuck.Reset();
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
        Assert.Equal(CloseReason.PeerReset, await server.Journal.WaitClosedAsync());
    }

    [Fact]
    public async Task A_peer_that_takes_nothing_is_reset_after_the_stall_timeout()
    {
        await using TestServer server = StartEcho(o => o.WriteStallTimeout = TimeSpan.FromMilliseconds(200));
        using TestClient client = await server.ConnectWithSmallBufferAsync();
        Task sending = client.SendAsync(new byte[64 * 1024 * 1024]);
        Assert.Equal(CloseReason.WriteStallTimeout, await server.Journal.WaitClosedAsync());
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
        Assert.Equal(0, await server.RentedBytesAsync());
    }

    [Fact]
    public async Task The_disconnect_policy_resets_a_slow_consumer()
    {
        await using TestServer server = StartEcho(o => o.SlowConsumer = SlowConsumerPolicy.Disconnect);
        using TestClient client = await server.ConnectWithSmallBufferAsync();
        Task sending = client.SendAsync(new byte[64 * 1024 * 1024]);
        Assert.Equal(CloseReason.SlowConsumer, await server.Journal.WaitClosedAsync());
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
    }

    [Fact]
    public async Task The_disconnect_policy_resets_a_slow_consumer_whose_every_reply_passes_the_mark()
    {
        // One byte more than the mark: the reply passes it before it was offered to the kernel, which says nothing of
        // the peer, and does not pass it any more once the kernel has taken a byte.
        byte[] reply = new byte[HighMark + 1];
        var handler = new ScriptedHandler
        {
            Received = (connection, _) =>
            {
                connection.Send(reply);
                return 1;
            },
        };
        await using TestServer server = TestServer.Scripted(handler, o =>
        {
            Limit(o);
            o.SlowConsumer = SlowConsumerPolicy.Disconnect;
        });
        using TestClient client = await server.ConnectWithSmallBufferAsync();
        await client.SendAsync(new byte[1_000]);
        Assert.Equal(CloseReason.SlowConsumer, await server.Journal.WaitClosedAsync());
    }

    [Fact]
    public async Task The_disconnect_policy_spares_a_consumer_that_reads_though_every_reply_passes_the_mark()
    {
        byte[] reply = TestClient.Pattern(HighMark + 1);
        int congested = 0;
        int drained = 0;
        var handler = new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                connection.Send(reply);
                return data.Length;
            },
            Congested = _ => congested++,
            Drained = _ => drained++,
        };
        await using TestServer server = TestServer.Scripted(handler, o =>
        {
            Limit(o);
            o.SlowConsumer = SlowConsumerPolicy.Disconnect;
        });
        using TestClient client = await server.ConnectAsync();
        for (int i = 0; i < 100; i++)
        {
            await client.SendAsync("x");
            Assert.Equal(reply, await client.ReceiveExactlyAsync(reply.Length));
        }

        await Patience.UntilAsync(() => Volatile.Read(ref drained) == 100);
        Assert.Equal(100, congested);
    }

    [Fact]
    public async Task What_a_handler_that_is_only_told_leaves_behind_a_full_queue_is_bounded_and_not_forgotten()
    {
        await using TestServer server = StartEcho(o => o.SlowConsumer = SlowConsumerPolicy.Notify);
        using TestClient client = await server.ConnectWithSmallBufferAsync();
        byte[] frame = TestClient.Frame(TestClient.Pattern(1_000));
        byte[] requests = [.. Enumerable.Repeat(frame, 32 * 1024).SelectMany(bytes => bytes)];
        Task sending = client.SendAsync(requests);
        await server.WaitStalledAsync();
        Assert.False(sending.IsCompleted, "the client is slowed down");

        Assert.Equal(requests, await client.ReceiveExactlyAsync(requests.Length));
        await sending;
    }

    [Fact]
    public async Task A_producer_is_told_once_each_time_its_backlog_has_drained()
    {
        int drained = 0;
        byte[] part = TestClient.Pattern(2 * 1024 * 1024);
        var handler = new ScriptedHandler
        {
            Opened = connection => connection.Send(part),
            Drained = connection =>
            {
                if (++drained < 5)
                    connection.Send(part);
                else
                    connection.Close();
            },
        };
        await using TestServer server = TestServer.Scripted(handler, Limit);
        using TestClient client = await server.ConnectAsync();
        for (int i = 0; i < 5; i++)
            Assert.Equal(part, await client.ReceiveExactlyAsync(part.Length));
        await client.ExpectEndAsync();
        Assert.Equal(5, drained);
    }

    private static TestServer StartEcho(Action<ServerOptions>? adjust = null) => TestServer.Echo(Limit + adjust);

    private static void Limit(ServerOptions options)
    {
        options.MaxSendQueueBytes = HighMark;
        options.ResumeSendQueueBytes = HighMark / 4;
    }
}
