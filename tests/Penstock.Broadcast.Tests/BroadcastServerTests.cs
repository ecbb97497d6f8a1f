using System.Text;

namespace Penstock.Broadcast.Tests;

public sealed class BroadcastServerTests
{
    public static TheoryData<int> LoopCounts => [1, 2];

    [Theory]
    [MemberData(nameof(LoopCounts))]
    public async Task Every_message_reaches_everyone_once_and_in_each_senders_order(int loops)
    {
        const int receivers = 100, senders = 10, messages = 20;
        await using TcpServer server = Servers.Start(loops: loops);
        TestClient[] clients = await TestClient.ConnectManyAsync(server, receivers + senders);

        await Task.WhenAll(clients[..senders].Select(async (client, sender) =>
        {
            for (int i = 0; i < messages; i++)
                await client.SendAsync($"{sender}:{i}");
        }));

        var orders = new HashSet<string>();
        foreach (TestClient client in clients)
        {
            List<string> heard = await client.ReceiveManyAsync(senders * messages);
            Assert.Equal(senders * messages, heard.Count);
            Sequences.AssertEachSenderInOrder(heard, senders);
            orders.Add(string.Join(' ', heard));
        }

        Assert.InRange(orders.Count, 1, server.Group.Count);
        Dispose(clients);
    }

    [Fact]
    public async Task Raw_framing_sends_on_the_bytes_as_they_came()
    {
        await using TcpServer server = Servers.Start(BroadcastFraming.Raw);
        TestClient[] clients = await TestClient.ConnectManyAsync(server, 3);
        await clients[1].SendBytesAsync("no frame at all"u8.ToArray());
        foreach (TestClient client in clients)
            Assert.Equal("no frame at all"u8.ToArray(), await client.ReceiveBytesAsync(15));
        Dispose(clients);
    }

    [Fact]
    public async Task Lines_are_sent_on_whole_however_they_arrive()
    {
        await using TcpServer server = Servers.Start(BroadcastFraming.Lines);
        TestClient[] clients = await TestClient.ConnectManyAsync(server, 2);
        await clients[0].SendBytesAsync("first\r\nsec"u8.ToArray());
        await clients[0].SendBytesAsync("ond\n"u8.ToArray());
        foreach (TestClient client in clients)
            Assert.Equal("first\nsecond\n", Encoding.UTF8.GetString(await client.ReceiveBytesAsync(13)));
        Dispose(clients);
    }

    [Theory]
    [InlineData(BroadcastFraming.Lines, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nevil\n")]
    [InlineData(BroadcastFraming.Lines, "GET /evil HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData(BroadcastFraming.Raw, "OPTIONS / HTTP/1.1\r\nHost: localhost\r\n\r\nevil\n")]
    [InlineData(BroadcastFraming.Raw, "POST /evil-that-goes-on")]
    [InlineData(BroadcastFraming.UInt32LittleEndian, "POST / HTTP/1.1\r\nHost: localhost\r\n\r\nevil\n")]
    [InlineData(BroadcastFraming.UInt64BigEndian, "POST / HTTP/1.1\r\nHost: localhost\r\n\r\nevil\n")]
    public async Task A_browser_that_is_sent_here_by_a_web_page_says_nothing_to_anybody(
        BroadcastFraming framing, string request)
    {
        TestIo.SkipIfOneAtATime();
        await using TcpServer server = Servers.Start(framing);
        using TestClient listener = await TestClient.ConnectAsync(server);
        using TestClient browser = await TestClient.ConnectAsync(server);
        await browser.SendBytesAsync(Encoding.ASCII.GetBytes(request));
        Assert.Empty(await browser.ReceiveBytesAsync(1));

        // Had anything been said, it would have come before this.
        using TestClient friend = await TestClient.ConnectAsync(server);
        byte[] words = framing switch
        {
            BroadcastFraming.UInt32LittleEndian => [2, 0, 0, 0, .. "hi"u8],
            BroadcastFraming.UInt64BigEndian => [0, 0, 0, 0, 0, 0, 0, 2, .. "hi"u8],
            _ => "hi\n"u8.ToArray(),
        };
        await friend.SendBytesAsync(words);
        Assert.Equal(words, await listener.ReceiveBytesAsync(words.Length));
    }

    [Theory]
    [InlineData("POST this tomorrow\n")]
    [InlineData("GET /well soon\n")]
    [InlineData("hello\nGET / HTTP/1.1\n")]
    public async Task What_only_resembles_a_request_or_is_not_said_first_is_a_message(string words)
    {
        await using TcpServer server = Servers.Start(BroadcastFraming.Lines);
        using TestClient client = await TestClient.ConnectAsync(server);
        await client.SendBytesAsync(Encoding.ASCII.GetBytes(words));
        Assert.Equal(words, Encoding.ASCII.GetString(await client.ReceiveBytesAsync(words.Length)));
    }

    [Fact]
    public async Task Little_endian_frames_keep_their_framing()
    {
        await using TcpServer server = Servers.Start(BroadcastFraming.UInt32LittleEndian);
        TestClient[] clients = await TestClient.ConnectManyAsync(server, 2);
        byte[] frame = [3, 0, 0, 0, 1, 2, 3];
        await clients[0].SendBytesAsync(frame);
        foreach (TestClient client in clients)
            Assert.Equal(frame, await client.ReceiveBytesAsync(frame.Length));
        Dispose(clients);
    }

    [Fact]
    public async Task An_error_ends_one_client_and_nobody_else()
    {
        await using TcpServer server = Servers.Start(configure: options => options.MaxMessageBytes = 16);
        TestClient[] clients = await TestClient.ConnectManyAsync(server, 3);
        await clients[0].SendAsync(new string('x', 17));
        Assert.Null(await clients[0].ReceiveAsync());

        await clients[1].SendAsync("still here");
        Assert.Equal("still here", await clients[1].ReceiveAsync());
        Assert.Equal("still here", await clients[2].ReceiveAsync());
        Dispose(clients);
    }

    [Fact]
    public async Task Clients_that_leave_are_no_longer_sent_to()
    {
        await using TcpServer server = Servers.Start(loops: 2);
        TestClient[] clients = await TestClient.ConnectManyAsync(server, 8);
        Dispose(clients[4..]);
        await Until.TrueAsync(() => server.ConnectionCount == 4);
        await clients[0].SendAsync("who is left?");
        foreach (TestClient client in clients[..4])
            Assert.Equal("who is left?", await client.ReceiveAsync());
        Dispose(clients);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(IoMechanism.ThreadPerConnection)]
    public async Task Lines_stay_whole_and_all_senders_go_on_while_others_come_and_go(IoMechanism? io)
    {
        const int senders = 4, messages = 500;
        await using TcpServer server = Servers.Start(
            BroadcastFraming.Lines,
            loops: 2,
            options =>
            {
                options.MaxSendQueueBytes = 4 * 1024;
                options.ResumeSendQueueBytes = 1024;
            },
            io);
        using var done = new CancellationTokenSource();
        Task churn = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ComeAndGoAsync()));
        TestClient[] clients = await TestClient.ConnectManyAsync(server, senders);
        var expected = new HashSet<string>(
            from sender in Enumerable.Range(0, senders)
            from message in Enumerable.Range(0, messages)
            select Line(sender, message));
        int bytes = expected.Sum(line => line.Length + 1);

        Task sending = Task.WhenAll(clients.Select(SendAllAsync));
        byte[][] heard = await Task.WhenAll(clients.Select(client => client.ReceiveBytesAsync(bytes)));
        await sending;
        await done.CancelAsync();
        await churn;
        foreach (byte[] each in heard)
        {
            string[] lines = Encoding.ASCII.GetString(each).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(expected.Count, lines.Length);
            Assert.True(expected.SetEquals(lines), "A line was broken or lost.");
        }

        Dispose(clients);

        static string Line(int sender, int message) => $"{sender}:{message}:" + new string('x', 100 + (message % 50));

        async Task SendAllAsync(TestClient client, int sender)
        {
            for (int message = 0; message < messages; message++)
                await client.SendBytesAsync(Encoding.ASCII.GetBytes(Line(sender, message) + "\n"));
        }

        async Task ComeAndGoAsync()
        {
            while (!done.IsCancellationRequested)
            {
                using TestClient client = await TestClient.ConnectOnlyAsync(server);
            }
        }
    }

    private static void Dispose(TestClient[] clients)
    {
        foreach (TestClient client in clients)
            client.Dispose();
    }
}
