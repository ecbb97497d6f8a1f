using Penstock.KeyValue.Durability;

namespace Penstock.KeyValue.Tests.Durability;

public sealed class DamageTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_log_cut_at_any_byte_of_its_last_record_recovers_what_came_before()
    {
        using var directory = new TemporaryDirectory();
        await WriteAsync(directory, "SET first 1");
        long before = new FileInfo(directory.Log).Length;
        await WriteAsync(directory, "MULTI", "SET first 2", "SET second 2", "EXEC");
        byte[] whole = await File.ReadAllBytesAsync(directory.Log, TestContext.Current.CancellationToken);
        for (int length = (int)before; length < whole.Length - LogFormat.MarkBytes; length++)
        {
            await File.WriteAllBytesAsync(directory.Log, whole[..length], TestContext.Current.CancellationToken);
            Assert.Equal("*2|$1|1|$-1|", await ReadAsync(directory, "MGET first second"));
            Assert.Equal(before, new FileInfo(directory.Log).Length);
        }

        await File.WriteAllBytesAsync(directory.Log, whole, TestContext.Current.CancellationToken);
        Assert.Equal("*2|$1|2|$1|2|", await ReadAsync(directory, "MGET first second"));
    }

    [Fact]
    public async Task After_a_torn_tail_the_log_goes_on_where_it_was_cut()
    {
        using var directory = new TemporaryDirectory();
        await WriteAsync(directory, "SET a 1", "SET b 2");
        using (FileStream log = File.OpenWrite(directory.Log))
            log.SetLength(log.Length - LogFormat.MarkBytes - 1);
        await WriteAsync(directory, "SET c 3");
        Assert.Equal("*3|$1|1|$-1|$1|3|", await ReadAsync(directory, "MGET a b c"));
    }

    [Fact]
    public async Task Zeros_behind_the_last_record_are_cut_off()
    {
        using var directory = new TemporaryDirectory();
        await WriteAsync(directory, "SET a 1");
        using (FileStream log = File.OpenWrite(directory.Log))
            log.SetLength(log.Length + 4_096);
        Assert.Equal("$1|1|", await ReadAsync(directory, "GET a"));
    }

    /// <summary>Also in the last record: it was acknowledged, and what it was is not known any more.</summary>
    [Fact]
    public async Task Any_flipped_bit_in_what_was_acknowledged_is_refused_with_its_offset()
    {
        using var directory = new TemporaryDirectory();
        await WriteAsync(directory, "SET a 1");
        int start = (int)new FileInfo(directory.Log).Length;
        await WriteAsync(directory, "SET b 2");
        int end = (int)new FileInfo(directory.Log).Length - LogFormat.MarkBytes;
        byte[] whole = await File.ReadAllBytesAsync(directory.Log, TestContext.Current.CancellationToken);
        for (int offset = start; offset < end; offset++)
        {
            byte[] damaged = [.. whole];
            damaged[offset] ^= 0x10;
            await File.WriteAllBytesAsync(directory.Log, damaged, TestContext.Current.CancellationToken);
            InvalidDataException refused = Assert.Throws<InvalidDataException>(() => Start(directory));
            Assert.Contains(
                $"{directory.Log} is damaged at offset {start}:", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(whole.Length, new FileInfo(directory.Log).Length);
    }

    [Fact]
    public async Task A_damaged_snapshot_is_refused()
    {
        using var directory = new TemporaryDirectory();
        await using (KeyValueServer server = Start(directory))
        {
            using RespClient client = await RespClient.ConnectAsync(server);
            await client.CallAsync("SET", "a", "1");
            await client.CallAsync("BGSAVE");
            await Until.TrueAsync(() =>
                Directory.GetFiles(directory.Path, "snapshot-????????").Length == 1 && !server.Database.IsCompacting);
        }

        Assert.Equal("$1|1|", await ReadAsync(directory, "GET a"));
        string snapshot = Directory.GetFiles(directory.Path, "snapshot-????????").Single();
        using (FileStream stream = File.OpenWrite(snapshot))
            stream.SetLength(stream.Length - 1);
        Assert.Throws<InvalidDataException>(() => Start(directory));
    }

    [Fact]
    public async Task A_snapshot_without_the_log_behind_it_is_refused()
    {
        using var directory = new TemporaryDirectory();
        await using (KeyValueServer server = Start(directory))
        {
            using RespClient client = await RespClient.ConnectAsync(server);
            await client.CallAsync("SET", "a", "1");
            await client.CallAsync("BGSAVE");
            await Until.TrueAsync(() => File.Exists(Path.Combine(directory.Path, "snapshot-00000002")));
            await Until.TrueAsync(() => !server.Database.IsCompacting);
            await client.CallAsync("SET", "a", "2");
        }

        foreach (string log in Directory.GetFiles(directory.Path, "log-*"))
            File.Delete(log);
        InvalidDataException refused = Assert.Throws<InvalidDataException>(() => Start(directory));
        string missing = Path.Combine(directory.Path, "log-00000002");
        Assert.StartsWith($"{missing} is missing", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// Start-up reads what is behind the last record once, whatever it looks like. The last two are deletions of long
    /// keys, one behind the other, in records that begin everywhere.
    /// </summary>
    [Theory]
    [InlineData(new byte[] { 1 })]
    [InlineData(new byte[] { 0, 0, 0, 1, 9, 9, 9, 9, 1, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 1, 9, 9, 9, 9, 3, 0xfb, 0xff, 0xff, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 1, 9, 9, 9, 9, 3, 0xfe, 0xaf, 0x04, 0 })]
    public async Task A_torn_tail_full_of_what_looks_like_records_does_not_hold_up_the_start(byte[] looks)
    {
        using var directory = new TemporaryDirectory();
        await WriteAsync(directory, "SET a 1");
        long before = new FileInfo(directory.Log).Length;
        AppendTornRecord(directory, looks);
        Task<string> reading = Task.Run(() => ReadAsync(directory, "GET a"), TestContext.Current.CancellationToken);
        Assert.Equal("$1|1|", await reading.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.Equal(before, new FileInfo(directory.Log).Length);
    }

    [Fact]
    public async Task A_gigabyte_of_zeros_behind_the_last_record_is_read_once_and_cut_off()
    {
        using var directory = new TemporaryDirectory();
        await WriteAsync(directory, "SET a 1");
        long before = new FileInfo(directory.Log).Length;
        using (FileStream log = File.OpenWrite(directory.Log))
            log.SetLength(before + (1L << 30));
        Task<string> reading = Task.Run(() => ReadAsync(directory, "GET a"), TestContext.Current.CancellationToken);
        Assert.Equal("$1|1|", await reading.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.Equal(before, new FileInfo(directory.Log).Length);
    }

    [Fact]
    public async Task On_a_full_disk_writes_are_refused_and_nothing_that_was_acknowledged_is_lost()
    {
        using var directory = new TemporaryDirectory();
        var disk = new FailingDisk();
        await using (KeyValueServer server = Start(directory, disk))
        {
            using RespClient before = await RespClient.ConnectAsync(server);
            Assert.Equal("+OK|", await before.CallAsync("SET", "before", "1"));
            disk.IsFull = true;

            // Nobody can say yet whether this one will last, so it gets no reply.
            await before.SendAsync(RespClient.Encode("SET", "open", "1"));
            Assert.True(await before.EndsAsync());

            using RespClient during = await RespClient.ConnectAsync(server);
            Assert.Equal(
                "-MISCONF Errors writing to the AOF file: No space left on device|",
                await during.CallAsync("SET", "during", "1"));
            disk.IsFull = false;
            await Until.TrueAsync(() => server.Database.Log!.Failure is null);
            Assert.Equal("+OK|", await during.CallAsync("SET", "after", "1"));
        }

        Assert.Equal("*4|$1|1|$1|1|$-1|$1|1|", await ReadAsync(directory, "MGET before open during after"));
    }

    [Fact]
    public async Task After_a_sync_that_failed_the_bytes_are_written_again()
    {
        using var directory = new TemporaryDirectory();
        var disk = new FailingDisk();
        await using (KeyValueServer server = Start(directory, disk))
        {
            using RespClient client = await RespClient.ConnectAsync(server);
            await client.CallAsync("SET", "a", "1");
            disk.SyncFails = true;
            await client.SendAsync(RespClient.Encode("SET", "b", "2"));
            Assert.True(await client.EndsAsync());
            disk.SyncFails = false;
            await Until.TrueAsync(() => server.Database.Log!.Failure is null);
        }

        Assert.Equal("*2|$1|1|$1|2|", await ReadAsync(directory, "MGET a b"));
    }

    private static void AppendTornRecord(TemporaryDirectory directory, byte[] content)
    {
        const int TornBytes = 60 * 1024 * 1024;
        using FileStream log = File.OpenWrite(directory.Log);
        log.Position = log.Length;
        log.Write([0, 0, 0, 4, 1, 2, 3, 4]);
        for (int written = 0; written < TornBytes; written += content.Length)
            log.Write(content);
    }

    private static async Task WriteAsync(TemporaryDirectory directory, params string[] lines)
    {
        await using KeyValueServer server = Start(directory);
        using RespClient client = await RespClient.ConnectAsync(server);
        foreach (string line in lines)
            Assert.False((await client.CallAsync(line.Split(' '))).StartsWith('-'));
    }

    private static async Task<string> ReadAsync(TemporaryDirectory directory, string line)
    {
        await using KeyValueServer server = Start(directory);
        using RespClient client = await RespClient.ConnectAsync(server);
        return await client.CallAsync(line.Split(' '));
    }

    private static KeyValueServer Start(TemporaryDirectory directory, FailingDisk? disk = null) =>
        Servers.Start(options =>
        {
            options.DataDirectory = directory.Path;
            options.Sync = SyncPolicy.Always;
            if (disk is not null)
                options.Disk = disk;
        });
}
