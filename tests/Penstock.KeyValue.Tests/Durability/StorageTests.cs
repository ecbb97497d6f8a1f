using Penstock.KeyValue.Durability;
using Penstock.KeyValue.Storage;

namespace Penstock.KeyValue.Tests.Durability;

/// <summary>What <c>penstock kv check</c> and <c>repair</c> say and do.</summary>
public sealed class StorageTests
{
    private const int Usage = 2;

    [Fact]
    public async Task A_sound_directory_is_reported_file_by_file()
    {
        using var directory = new TemporaryDirectory();
        await WriteAsync(directory, "SET a 1", "SET b 2", "SET a 3");
        (int status, string output) = await RunAsync("check", directory.Path);
        long bytes = new FileInfo(directory.Log).Length;
        Assert.Equal($"{directory.Log}: {bytes} bytes, 3 records, sound\n2 keys\n", output);
        Assert.Equal(0, status);
    }

    [Fact]
    public async Task A_torn_tail_is_no_damage()
    {
        using var directory = new TemporaryDirectory();
        await WriteAsync(directory, "SET a 1");
        long sound = new FileInfo(directory.Log).Length;
        Change(directory.Log, bytes => [.. bytes, .. new byte[100]]);
        (int status, string output) = await RunAsync("check", directory.Path);
        Assert.StartsWith(
            $"{directory.Log}: 100 bytes from offset {sound} on were not written whole",
            output,
            StringComparison.Ordinal);
        Assert.Equal(0, status);
        (status, output) = await RunAsync("repair", directory.Path, "--yes");
        Assert.EndsWith("There is nothing to repair.\n", output, StringComparison.Ordinal);
        Assert.Equal(0, status);
        Assert.Equal(sound + 100, new FileInfo(directory.Log).Length);
    }

    [Fact]
    public async Task Damage_is_reported_with_its_offset_and_nothing_is_changed()
    {
        using var directory = new TemporaryDirectory();
        int offset = await WriteDamagedAsync(directory);
        byte[] before = await File.ReadAllBytesAsync(directory.Log, TestContext.Current.CancellationToken);
        File.Delete(Path.Combine(directory.Path, "lock"));
        (int status, string output) = await RunAsync("check", directory.Path);
        Assert.StartsWith($"{directory.Log} is damaged at offset {offset}: ", output, StringComparison.Ordinal);
        Assert.EndsWith("1 key in what is sound\n", output, StringComparison.Ordinal);
        Assert.Equal(1, status);
        (status, output) = await RunAsync("repair", directory.Path);
        Assert.Contains(
            $"would drop: {directory.Log}: {before.Length - offset} bytes from offset {offset} on\n",
            output,
            StringComparison.Ordinal);
        Assert.Equal(1, status);
        Assert.Equal([directory.Log], Directory.GetFileSystemEntries(directory.Path));
        Assert.Equal(before, await File.ReadAllBytesAsync(directory.Log, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_repair_keeps_what_came_before_the_damage_and_the_original()
    {
        using var directory = new TemporaryDirectory();
        int offset = await WriteDamagedAsync(directory);
        byte[] before = await File.ReadAllBytesAsync(directory.Log, TestContext.Current.CancellationToken);
        (int status, string output) = await RunAsync("repair", directory.Path, "--yes");
        string kept = Path.Combine(directory.Path, "before-repair-00000001");
        Assert.Contains($"from offset {offset} on\n", output, StringComparison.Ordinal);
        Assert.EndsWith($"All files as they were are in {kept}.\n", output, StringComparison.Ordinal);
        Assert.Equal(0, status);
        byte[] original = await File.ReadAllBytesAsync(
            Path.Combine(kept, "log-00000001"), TestContext.Current.CancellationToken);
        Assert.Equal(before, original);
        Assert.Equal("*3|$1|1|$-1|$-1|", await ReadAsync(directory, "MGET a b c"));
        Assert.True(KeyValueStorage.Check(directory.Path).IsSound);
    }

    [Fact]
    public async Task A_repair_of_a_snapshot_keeps_what_the_logs_say()
    {
        using var directory = new TemporaryDirectory();
        await WriteAsync(directory, "SET a 1", "SET b 2", "BGSAVE");
        await WriteAsync(directory, "SET c 3");
        string snapshot = Directory.GetFiles(directory.Path, "snapshot-*").Single();
        Change(snapshot, bytes => Flip(bytes, LogFormat.FileHeaderBytes + LogFormat.HeaderBytes));
        StorageReport report = KeyValueStorage.Check(directory.Path);
        Assert.False(report.IsSound);
        Assert.Equal(
            [$"{snapshot}: {new FileInfo(snapshot).Length - 20} bytes from offset 20 on"], report.Losses);
        (_, string? kept) = KeyValueStorage.Repair(directory.Path);
        Assert.True(File.Exists(Path.Combine(kept!, Path.GetFileName(snapshot))));
        Assert.Equal("*3|$-1|$-1|$1|3|", await ReadAsync(directory, "MGET a b c"));
    }

    [Fact]
    public async Task Logs_behind_one_that_is_missing_are_dropped_and_named()
    {
        using var directory = new TemporaryDirectory();
        await using (KeyValueServer server = Start(directory))
        {
            using RespClient client = await RespClient.ConnectAsync(server);
            foreach (string key in (string[])["a", "b", "c"])
            {
                Assert.Equal("+OK|", await client.CallAsync("SET", key, "1"));
                await server.Database.Log!.RotateAsync();
            }
        }

        File.Delete(Path.Combine(directory.Path, "log-00000002"));
        StorageReport report = KeyValueStorage.Check(directory.Path);
        Assert.Equal(StorageFileState.Missing, report.Files[1].State);
        Assert.Equal(2, report.Losses.Count());
        Assert.Contains("log-00000003: all of it (records: 1)", report.Losses.First(), StringComparison.Ordinal);
        KeyValueStorage.Repair(directory.Path);
        Assert.Equal("*3|$1|1|$-1|$-1|", await ReadAsync(directory, "MGET a b c"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("snapshot")]
    public async Task A_repair_that_fails_has_changed_nothing_that_counts(string syncFailsFor)
    {
        using var directory = new TemporaryDirectory();
        await WriteDamagedAsync(directory);
        StorageReport before = KeyValueStorage.Check(directory.Path);
        var disk = new FailingDisk { SyncFails = true, SyncFailsFor = syncFailsFor };
        Assert.ThrowsAny<IOException>(() => KeyValueStorage.Repair(directory.Path, disk));
        StorageReport after = KeyValueStorage.Check(directory.Path);
        Assert.Equal(before.Files[0], after.Files[0]);
        KeyValueStorage.Repair(directory.Path);
        Assert.Equal("*3|$1|1|$-1|$-1|", await ReadAsync(directory, "MGET a b c"));
    }

    [Fact]
    public async Task A_directory_in_use_is_neither_checked_nor_repaired()
    {
        using var directory = new TemporaryDirectory();
        await using KeyValueServer server = Start(directory);
        foreach (string verb in (string[])["check", "repair"])
        {
            (int status, string output) = await RunAsync(verb, directory.Path);
            Assert.Equal("", output);
            Assert.Equal(1, status);
        }

        IOException refused = Assert.Throws<IOException>(() => KeyValueStorage.Repair(directory.Path));
        Assert.Equal($"{directory.Path} is in use by another server.", refused.Message);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("repair")]
    public async Task A_directory_without_data_is_a_mistake_of_the_caller(string verb)
    {
        using var directory = new TemporaryDirectory();
        string missing = Path.Combine(directory.Path, "missing");
        Assert.Equal(Usage, (await RunAsync(verb, missing)).Status);
        Assert.Equal(Usage, (await RunAsync(verb, directory.Path)).Status);
        Assert.Equal(Usage, (await RunAsync(verb)).Status);
        Assert.False(Directory.Exists(missing));
        Assert.Empty(Directory.GetFileSystemEntries(directory.Path));
    }

    /// <summary>Keys a, b and c, the second of them damaged; returns where.</summary>
    private static async Task<int> WriteDamagedAsync(TemporaryDirectory directory)
    {
        await WriteAsync(directory, "SET a 1");
        int offset = (int)new FileInfo(directory.Log).Length;
        await WriteAsync(directory, "SET b 2", "SET c 3");
        Change(directory.Log, bytes => Flip(bytes, offset + LogFormat.HeaderBytes + 3));
        return offset;
    }

    private static byte[] Flip(byte[] bytes, int offset)
    {
        bytes[offset] ^= 1;
        return bytes;
    }

    private static void Change(string path, Func<byte[], byte[]> change) =>
        File.WriteAllBytes(path, change(File.ReadAllBytes(path)));

    private static async Task<(int Status, string Output)> RunAsync(string verb, params string[] arguments)
    {
        using var command = ChildProcess.Penstock(["kv", verb, .. arguments]);
        return await command.WaitAsync();
    }

    private static async Task WriteAsync(TemporaryDirectory directory, params string[] lines)
    {
        await using KeyValueServer server = Start(directory);
        using RespClient client = await RespClient.ConnectAsync(server);
        foreach (string line in lines)
            Assert.False((await client.CallAsync(line.Split(' '))).StartsWith('-'));
        if (lines is [.., "BGSAVE"])
            await Until.TrueAsync(() => Directory.GetFiles(directory.Path, "snapshot-????????").Length == 1);
    }

    private static async Task<string> ReadAsync(TemporaryDirectory directory, string line)
    {
        await using KeyValueServer server = Start(directory);
        using RespClient client = await RespClient.ConnectAsync(server);
        return await client.CallAsync(line.Split(' '));
    }

    private static KeyValueServer Start(TemporaryDirectory directory) =>
        Servers.Start(options =>
        {
            options.DataDirectory = directory.Path;
            options.Sync = SyncPolicy.Always;
        });
}
