namespace Penstock.KeyValue.Tests.Server;

/// <summary>What the transcript cannot show of publishing: it has one client, and one command at a time.</summary>
public sealed class PubSubTests
{
    [Fact]
    public async Task A_message_comes_before_the_publishers_reply_and_before_the_end_of_the_subscription()
    {
        await using KeyValueServer server = Servers.Start();
        using RespClient client = await RespClient.ConnectAsync(server);
        await client.CallAsync("HELLO", "3");

        // All in one receive, so that a message which waits for the turn's end would find nobody.
        await client.SendAsync((byte[])
        [
            .. RespClient.Encode("SUBSCRIBE", "c"), .. RespClient.Encode("PUBLISH", "c", "m"),
            .. RespClient.Encode("UNSUBSCRIBE", "c"), .. RespClient.Encode("PUBLISH", "c", "lost"),
        ]);

        Assert.Equal(">3|$9|subscribe|$1|c|:1|", await client.ReadAsync());
        Assert.Equal(">3|$7|message|$1|c|$1|m|", await client.ReadAsync());
        Assert.Equal(":1|", await client.ReadAsync());
        Assert.Equal(">3|$11|unsubscribe|$1|c|:0|", await client.ReadAsync());
        Assert.Equal(":0|", await client.ReadAsync());
    }

    [Fact]
    public async Task Who_subscribed_twice_over_gets_the_message_through_the_channel_first()
    {
        await using KeyValueServer server = Servers.Start();
        using RespClient client = await RespClient.ConnectAsync(server);
        await client.CallAsync("HELLO", "3");
        await client.CallAsync("PSUBSCRIBE", "n*");
        await client.CallAsync("SUBSCRIBE", "news");

        await client.SendAsync(RespClient.Encode("PUBLISH", "news", "m"));

        Assert.Equal(">3|$7|message|$4|news|$1|m|", await client.ReadAsync());
        Assert.Equal(">4|$8|pmessage|$2|n*|$4|news|$1|m|", await client.ReadAsync());
        Assert.Equal(":2|", await client.ReadAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Each_client_gets_messages_in_its_version_of_the_protocol(int loops)
    {
        TestIo.SkipIfOneAtATime();
        string message = new('m', 1_000);
        await using KeyValueServer server = Servers.Start(loops: loops);
        RespClient[] clients = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RespClient.ConnectAsync(server)));
        for (int i = 0; i < clients.Length; i++)
        {
            await clients[i].CallAsync("HELLO", i % 2 == 0 ? "2" : "3");
            await clients[i].CallAsync("SUBSCRIBE", "c");
        }

        using RespClient publisher = await RespClient.ConnectAsync(server);
        Assert.Equal(":8|", await publisher.CallAsync("PUBLISH", "c", message));
        for (int i = 0; i < clients.Length; i++)
        {
            char push = i % 2 == 0 ? '*' : '>';
            Assert.Equal($"{push}3|$7|message|$1|c|$1000|{message}|", await clients[i].ReadAsync());
            clients[i].Dispose();
        }
    }

    [Fact]
    public async Task A_subscriber_that_changes_its_version_stays_subscribed()
    {
        await using KeyValueServer server = Servers.Start();
        using RespClient client = await RespClient.ConnectAsync(server);
        await client.CallAsync("HELLO", "3");
        await client.CallAsync("SUBSCRIBE", "c");
        await client.CallAsync("PSUBSCRIBE", "x*");
        await client.CallAsync("HELLO", "2");

        // Now that it speaks the older version, it may only listen.
        string refusal = await client.CallAsync("PUBLISH", "c", "m");
        Assert.StartsWith("-ERR Can't execute 'publish'", refusal, StringComparison.Ordinal);
        server.Group[0].Post(() =>
        {
            KeyValueLoop loop = server.Database.Loops[server.Group[0]];
            loop.Database.Publications.Publish(loop, "c"u8, "m"u8);
            loop.Database.Publications.Publish(loop, "xy"u8, "m"u8);
        });
        Assert.Equal("*3|$7|message|$1|c|$1|m|", await client.ReadAsync());
        Assert.Equal("*4|$8|pmessage|$2|x*|$2|xy|$1|m|", await client.ReadAsync());
    }

    [Fact]
    public async Task A_subscriber_that_is_dropped_is_counted_once_however_much_comes_for_it()
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(options => options.MaxSubscriberBytes = 64 * 1024);
        using RespClient slow = await RespClient.ConnectAsync(server);
        await slow.CallAsync("SUBSCRIBE", "c");
        using RespClient publisher = await RespClient.ConnectAsync(server);
        byte[] publish = RespClient.Encode("PUBLISH", "c", new string('m', 1_000));

        await publisher.SendAsync((byte[])[.. Enumerable.Repeat(publish, 20_000).SelectMany(bytes => bytes)]);
        for (int i = 0; i < 20_000; i++)
            await publisher.ReadAsync();

        await Until.TrueAsync(async () => await publisher.CallAsync("PUBLISH", "c", "m") == ":0|");
        string statistics = await publisher.CallAsync("INFO", "stats");
        Assert.Contains("slow_subscribers_disconnected:1\r\n", statistics, StringComparison.Ordinal);
    }
}
