namespace Penstock.KeyValue.Tests.Durability;

/// <summary>What a client was told is gone stays gone, also by a clock that was set back.</summary>
public sealed class ExpiryTests
{
    [Theory]
    [InlineData("GET k")]
    [InlineData("EXISTS k")]
    [InlineData("KEYS *")]
    [InlineData("SCAN 0")]
    [InlineData("RANDOMKEY")]
    [InlineData("the protobuf protocol")]
    [InlineData("a transaction that is broken by it")]
    [InlineData("nobody, but the look ten times a second")]
    public async Task A_key_that_was_seen_as_over_does_not_return_with_an_older_clock(string seenBy)
    {
        using var directory = new TemporaryDirectory();
        var time = new SteppedTime();
        await using (KeyValueServer server = Start(directory, time))
        {
            using RespClient client = await RespClient.ConnectAsync(server);
            Assert.Equal("+OK|", await client.CallAsync("SET", "k", "v", "PX", "60000"));
            if (seenBy.StartsWith("a transaction", StringComparison.Ordinal))
            {
                await client.CallAsync("WATCH", "k");
                await client.CallAsync("MULTI");
            }

            time.Step(TimeSpan.FromMinutes(2));
            await SeeAsync(server, client, seenBy);
        }

        await using KeyValueServer again = Start(directory, new SteppedTime());
        using RespClient reader = await RespClient.ConnectAsync(again);
        Assert.Equal("$-1|", await reader.CallAsync("GET", "k"));
    }

    [Fact]
    public async Task Who_reads_a_key_that_is_over_is_answered_while_the_disk_fails()
    {
        using var directory = new TemporaryDirectory();
        var time = new SteppedTime();
        var disk = new FailingDisk();
        await using KeyValueServer server = Start(directory, time, disk);
        using RespClient client = await RespClient.ConnectAsync(server);
        Assert.Equal("+OK|", await client.CallAsync("SET", "k", "v", "PX", "60000"));
        disk.IsFull = true;
        using (RespClient writer = await RespClient.ConnectAsync(server))
        {
            await writer.SendAsync(RespClient.Encode("SET", "a", "1"));
            Assert.True(await writer.EndsAsync());
        }

        time.Step(TimeSpan.FromMinutes(2));
        Assert.Equal("$-1|", await client.CallAsync("GET", "k"));
    }

    private static async Task SeeAsync(KeyValueServer server, RespClient client, string seenBy)
    {
        if (seenBy.StartsWith("nobody", StringComparison.Ordinal))
        {
            await Until.TrueAsync(() => server.Database.Keyspace.Count == 0);
        }
        else if (seenBy.StartsWith("the protobuf", StringComparison.Ordinal))
        {
            await using var protobuf = new KeyValue.Client.KeyValueClient(server.EndPoint!);
            Assert.Null(await protobuf.GetAsync("k", TestContext.Current.CancellationToken));
        }
        else if (seenBy.StartsWith("a transaction", StringComparison.Ordinal))
        {
            await client.CallAsync("PING");
            Assert.Equal("*-1|", await client.CallAsync("EXEC"));
        }
        else
        {
            Assert.DoesNotContain("k", await client.CallAsync(seenBy.Split(' ')), StringComparison.Ordinal);
        }
    }

    private static KeyValueServer Start(TemporaryDirectory directory, SteppedTime time, FailingDisk? disk = null) =>
        Servers.Start(options =>
        {
            options.DataDirectory = directory.Path;
            options.Sync = SyncPolicy.Always;
            options.Loops.TimeProvider = time;
            if (disk is not null)
                options.Disk = disk;
        });
}
