using System.Globalization;
using Penstock.KeyValue.Tests.Durability;

namespace Penstock.KeyValue.Tests.Server;

/// <summary>What clients read from the replies to SAVE, BGSAVE and BGREWRITEAOF is true.</summary>
public sealed class SnapshotCommandTests
{
    [Theory]
    [InlineData(SyncPolicy.EverySecond)]
    [InlineData(SyncPolicy.Always)]
    public async Task Save_replies_when_the_snapshot_is_there_and_before_what_was_sent_behind_it(SyncPolicy sync)
    {
        using var directory = new TemporaryDirectory();
        await using KeyValueServer server = Start(directory, sync);
        using RespClient client = await RespClient.ConnectAsync(server);
        for (int round = 0; round < 100; round++)
        {
            string value = round.ToString(CultureInfo.InvariantCulture);
            await client.SendAsync($"SET k {value}\r\nSAVE\r\nGET k\r\n");
            Assert.Equal("+OK|", await client.ReadAsync());
            Assert.Equal("+OK|", await client.ReadAsync());
            Assert.Contains(value, await ReadSnapshotAsync(directory), StringComparison.Ordinal);
            Assert.Equal($"${value.Length}|{value}|", await client.ReadAsync());
        }
    }

    [Fact]
    public async Task Save_holds_up_no_other_client()
    {
        TestIo.SkipIfOneAtATime();
        using var directory = new TemporaryDirectory();
        await using KeyValueServer server = Start(directory);
        using RespClient client = await RespClient.ConnectAsync(server);
        using RespClient other = await RespClient.ConnectAsync(server);
        await client.SendAsync(RespClient.Encode("SAVE"));
        Assert.Equal("+PONG|", await other.CallAsync("PING"));
        Assert.Equal("+OK|", await client.ReadAsync());
    }

    [Fact]
    public async Task Save_that_fails_says_so()
    {
        using var directory = new TemporaryDirectory();
        await using KeyValueServer server = Servers.Start(options =>
        {
            options.DataDirectory = directory.Path;
            options.Disk = new FailingDisk { SyncFails = true, SyncFailsFor = "snapshot" };
        });
        using RespClient client = await RespClient.ConnectAsync(server);
        Assert.StartsWith("-ERR ", await client.CallAsync("SAVE"), StringComparison.Ordinal);
        Assert.Equal("+PONG|", await client.CallAsync("PING"));
        string calls = await client.CallAsync("INFO", "commandstats");
        Assert.Contains("cmdstat_save:calls=1,", calls, StringComparison.Ordinal);
        Assert.Contains("rejected_calls=0,failed_calls=1\r\n", calls, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_leaves_while_it_saves_is_forgotten()
    {
        using var directory = new TemporaryDirectory();
        await using KeyValueServer server = Start(directory);
        for (int i = 0; i < 10; i++)
        {
            using RespClient client = await RespClient.ConnectAsync(server);
            await client.SendAsync(RespClient.Encode("SAVE"));
        }

        using RespClient last = await RespClient.ConnectAsync(server);
        await Until.TrueAsync(async () => await last.CallAsync("SAVE") == "+OK|");
    }

    [Fact]
    public async Task In_the_background_it_is_told_in_the_words_of_redis()
    {
        using var directory = new TemporaryDirectory();
        await using KeyValueServer server = Start(directory);
        using RespClient client = await RespClient.ConnectAsync(server);
        Assert.Equal("-ERR syntax error|", await client.CallAsync("BGSAVE", "now"));
        Assert.Equal("-ERR syntax error|", await client.CallAsync("BGSAVE", "SCHEDULE", "x"));
        Assert.Equal("+Background saving started|", await client.CallAsync("BGSAVE"));
        await IdleAsync(client);
        Assert.Equal("+Background saving started|", await client.CallAsync("BGSAVE", "SCHEDULE"));
        await IdleAsync(client);
        Assert.Equal(
            "+Background append only file rewriting started|", await client.CallAsync("BGREWRITEAOF"));
        await IdleAsync(client);

        // Two in one write: the second finds the first one under way.
        await client.SendAsync("BGSAVE\r\nBGSAVE\r\nSAVE\r\nBGREWRITEAOF\r\n");
        Assert.Equal("+Background saving started|", await client.ReadAsync());
        Assert.Equal("-ERR Background save already in progress|", await client.ReadAsync());
        Assert.Equal("-ERR Background save already in progress|", await client.ReadAsync());
        Assert.Equal("+Background append only file rewriting scheduled|", await client.ReadAsync());
        await IdleAsync(client);

        await client.SendAsync("MULTI\r\nBGREWRITEAOF\r\nEXEC\r\n");
        Assert.Equal("+OK|", await client.ReadAsync());
        Assert.Equal("+QUEUED|", await client.ReadAsync());
        Assert.Equal("*1|+Background append only file rewriting scheduled|", await client.ReadAsync());
        await IdleAsync(client);

        await client.SendAsync("MULTI\r\nBGSAVE\r\nEXEC\r\n");
        Assert.Equal("+OK|", await client.ReadAsync());
        Assert.Equal("+QUEUED|", await client.ReadAsync());
        Assert.Equal("*1|+Background saving scheduled|", await client.ReadAsync());
    }

    private static KeyValueServer Start(TemporaryDirectory directory, SyncPolicy sync = SyncPolicy.EverySecond) =>
        Servers.Start(options =>
        {
            options.DataDirectory = directory.Path;
            options.Sync = sync;
        });

    private static Task IdleAsync(RespClient client) => Until.TrueAsync(async () =>
        (await client.CallAsync("INFO", "persistence")).Contains("rdb_bgsave_in_progress:0", StringComparison.Ordinal));

    private static async Task<string> ReadSnapshotAsync(TemporaryDirectory directory)
    {
        string newest = Directory.GetFiles(directory.Path, "snapshot-*").Order(StringComparer.Ordinal).Last();
        return await File.ReadAllTextAsync(newest, TestContext.Current.CancellationToken);
    }
}
