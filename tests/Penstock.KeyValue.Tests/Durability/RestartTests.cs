using Penstock.KeyValue.Durability;
using Penstock.KeyValue.Durability.Files;

namespace Penstock.KeyValue.Tests.Durability;

public sealed class RestartTests
{
    [Theory]
    [InlineData(SyncPolicy.Always)]
    [InlineData(SyncPolicy.EverySecond)]
    [InlineData(SyncPolicy.Never)]
    public async Task Everything_is_there_after_a_restart(SyncPolicy sync)
    {
        using var directory = new TemporaryDirectory();
        await using (KeyValueServer server = Start(directory, sync))
        {
            using RespClient client = await RespClient.ConnectAsync(server);
            string[] script =
            [
                "SET gone x", "FLUSHALL", "SET k v", "SET k v2", "APPEND k tail", "SETRANGE k 10 far",
                "INCR n", "INCRBY n 41", "SET e v EXAT 4102444800", "SET p v EX 100", "PERSIST p",
                "DEL none", "SET d v", "DEL d", "RENAME n m", "MSET a 1 b 2",
                "SET over v PX 1", "GETEX a EXAT 4102444801", "INCRBYFLOAT f 1.5",
                "MULTI", "SET t 1", "INCR t", "EXEC",
            ];
            foreach (string line in script)
                await client.CallAsync(line.Split(' '));
            await client.CallAsync("SET", "binary", "\0\r\n\xff");
        }

        await using KeyValueServer again = Start(directory, sync);
        using RespClient reader = await RespClient.ConnectAsync(again);
        Assert.Equal("$13|v2tail\0\0\0\0far|", await reader.CallAsync("GET", "k"));
        Assert.Equal("*8|$-1|$2|42|$1|1|$1|2|$3|1.5|$1|2|$-1|$4|\0\r\n\xff|",
            await reader.CallAsync("MGET", "n", "m", "a", "b", "f", "t", "gone", "binary"));
        Assert.Equal(":4102444800|", await reader.CallAsync("EXPIRETIME", "e"));
        Assert.Equal(":4102444801|", await reader.CallAsync("EXPIRETIME", "a"));
        Assert.Equal(":-1|", await reader.CallAsync("TTL", "p"));
        Assert.Equal(":0|", await reader.CallAsync("EXISTS", "over", "d", "none"));
    }

    [Fact]
    public async Task Both_protocols_write_one_log()
    {
        using var directory = new TemporaryDirectory();
        await using (KeyValueServer server = Start(directory))
        {
            await using var client = new KeyValue.Client.KeyValueClient(server.EndPoint!);
            await client.PutAsync("k", "v", TestContext.Current.CancellationToken);
        }

        await using KeyValueServer again = Start(directory);
        using RespClient reader = await RespClient.ConnectAsync(again);
        Assert.Equal("$1|v|", await reader.CallAsync("GET", "k"));
    }

    [Fact]
    public async Task Two_servers_do_not_share_a_directory()
    {
        using var directory = new TemporaryDirectory();
        await using KeyValueServer server = Start(directory);
        IOException refused = Assert.Throws<IOException>(() => Start(directory));
        Assert.Equal($"{directory.Path} is in use by another process.", refused.Message);
    }

    [Fact]
    public async Task A_snapshot_replaces_the_log_while_clients_go_on()
    {
        using var directory = new TemporaryDirectory();
        const long compactLogBytes = 64 * 1024;
        var counts = new int[4];
        await using (KeyValueServer server = Start(directory, SyncPolicy.EverySecond, compactLogBytes, loops: 2))
        {
            Task[] writers = [.. Enumerable.Range(0, counts.Length).Select(WriteAsync)];
            await Task.WhenAll(writers);
            await Until.TrueAsync(() => Directory.GetFiles(directory.Path, "snapshot-*").Length > 0
                && !File.Exists(Path.Combine(directory.Path, "log-00000001")));

            async Task WriteAsync(int writer)
            {
                using RespClient client = await RespClient.ConnectAsync(server);
                for (int i = 0; i < 3_000; i++)
                {
                    await client.CallAsync("SET", $"{writer}:{i % 500}", $"{i}:{new string('v', 50)}");
                    await client.CallAsync("APPEND", $"tail:{writer}", "x");
                    counts[writer]++;
                }
            }
        }

        await using KeyValueServer again = Start(directory);
        using RespClient reader = await RespClient.ConnectAsync(again);
        for (int writer = 0; writer < counts.Length; writer++)
        {
            Assert.Equal($":{counts[writer]}|", await reader.CallAsync("STRLEN", $"tail:{writer}"));
            for (int i = 2_500; i < 3_000; i++)
            {
                string value = await reader.CallAsync("GET", $"{writer}:{i % 500}");
                Assert.StartsWith($"$55|{i}:", value, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task What_was_appended_to_a_key_that_ended_before_the_snapshot_saw_it_does_not_come_back()
    {
        using var directory = new TemporaryDirectory();
        using (DataDirectory data = DataDirectory.Open(directory.Path, Disk.System))
        {
            using (var snapshot = new SnapshotWriter(data.OpenUnfinishedSnapshot(2)))
                snapshot.Finish();
            data.Publish(2);
            using LogFile log = data.OpenSegment(2);
            var record = new LogRecordBuilder();
            var buffer = new LogBuffer();
            record.Write("expired"u8, offset: 5, "tail"u8);
            record.Set("there"u8, "v"u8, expiresAt: 0);
            buffer.Add(record.Payload);
            log.Append(buffer.Written.Span);
        }

        await using KeyValueServer server = Start(directory);
        using RespClient client = await RespClient.ConnectAsync(server);
        Assert.Equal("*2|$-1|$1|v|", await client.CallAsync("MGET", "expired", "there"));
    }

    [Fact]
    public async Task Writers_that_wait_at_the_same_time_share_a_sync()
    {
        const int Clients = 32;
        const int Writes = 50;
        using var directory = new TemporaryDirectory();
        await using KeyValueServer server = Start(directory);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            using RespClient writer = await RespClient.ConnectAsync(server);
            for (int i = 0; i < Writes; i++)
                Assert.Equal("+OK|", await writer.CallAsync("SET", $"{client}:{i}", "v"));
        }));
        Assert.Equal(Clients * Writes, server.Database.Log!.Appended);
        Assert.InRange(server.Database.Log.Syncs, 1, (Clients * Writes) - 1);
    }

    private static KeyValueServer Start(
        TemporaryDirectory directory,
        SyncPolicy sync = SyncPolicy.Always,
        long compactLogBytes = 1L << 30,
        int loops = 1) =>
        Servers.Start(
            options =>
            {
                options.DataDirectory = directory.Path;
                options.Sync = sync;
                options.CompactLogBytes = compactLogBytes;
            },
            loops);
}
