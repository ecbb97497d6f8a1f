using Penstock.KeyValue.Durability.Files;

namespace Penstock.KeyValue.Tests.Durability;

/// <summary>A sync that fails is never taken for one that worked, whatever was synced.</summary>
public sealed class SyncFailureTests
{
    [Fact]
    public async Task No_write_is_acknowledged_whose_sync_failed()
    {
        using var directory = new TemporaryDirectory();
        var disk = new FailingDisk();
        await using KeyValueServer server = Start(directory, disk, SyncPolicy.Always);
        using RespClient client = await RespClient.ConnectAsync(server);
        disk.SyncFails = true;
        await client.SendAsync(RespClient.Encode("SET", "a", "1"));
        Assert.True(await client.EndsAsync());

        using RespClient next = await RespClient.ConnectAsync(server);
        Assert.Equal(
            "-MISCONF Errors writing to the AOF file: Input/output error|", await next.CallAsync("SET", "b", "1"));
        Assert.Equal("$1|1|", await next.CallAsync("GET", "a"));
    }

    [Fact]
    public async Task Once_a_second_writes_are_refused_after_a_sync_that_failed()
    {
        using var directory = new TemporaryDirectory();
        var disk = new FailingDisk { SyncFails = true, SyncFailsFor = "nothing yet" };
        await using KeyValueServer server = Start(directory, disk, SyncPolicy.EverySecond);
        using RespClient client = await RespClient.ConnectAsync(server);
        disk.SyncFailsFor = "";
        Assert.Equal("+OK|", await client.CallAsync("SET", "a", "1"));
        await Until.TrueAsync(() => server.Database.Log!.Failure is not null);
        Assert.StartsWith("-MISCONF", await client.CallAsync("SET", "b", "1"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("snapshot")]
    [InlineData("directory")]
    public async Task A_snapshot_that_is_not_on_the_disk_replaces_nothing(string what)
    {
        using var directory = new TemporaryDirectory();
        var disk = new FailingDisk();
        await using (KeyValueServer server = Start(directory, disk, SyncPolicy.Always))
        {
            using RespClient client = await RespClient.ConnectAsync(server);
            Assert.Equal("+OK|", await client.CallAsync("SET", "a", "1"));
            disk.SyncFailsFor = "snapshot";
            disk.SyncFails = what == "snapshot";
            disk.DirectorySyncFails = what == "directory";
            await client.CallAsync("BGSAVE");
            await Until.TrueAsync(() => server.Database.HasSnapshotFailed);
            Assert.True(File.Exists(Path.Combine(directory.Path, "log-00000001")));
            Assert.Empty(Directory.GetFiles(directory.Path, "snapshot-*"));
        }
    }

    [Fact]
    public void A_log_that_cannot_be_synced_when_it_is_made_is_not_used()
    {
        using var directory = new TemporaryDirectory();
        var disk = new FailingDisk { SyncFails = true };
        Assert.Throws<DiskException>(() => Start(directory, disk, SyncPolicy.Always));
        Assert.Empty(Directory.GetFiles(directory.Path, "log-*"));
    }

    [Fact]
    public async Task A_cut_that_cannot_be_synced_ends_the_start()
    {
        using var directory = new TemporaryDirectory();
        var disk = new FailingDisk();
        await using (KeyValueServer server = Start(directory, disk, SyncPolicy.Always))
        {
            using RespClient client = await RespClient.ConnectAsync(server);
            Assert.Equal("+OK|", await client.CallAsync("SET", "a", "1"));
        }

        using (FileStream log = File.OpenWrite(directory.Log))
            log.SetLength(log.Length + 100);
        disk.SyncFails = true;
        DiskException refused = Assert.Throws<DiskException>(() => Start(directory, disk, SyncPolicy.Always));
        Assert.Equal($"{directory.Log}: fsync: Input/output error", refused.Message);
    }

    [Fact]
    public void The_real_disk_says_which_call_failed_for_which_file_and_why()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "It is about the calls of a Unix.");
        using var directory = new TemporaryDirectory();
        using DiskDirectory opened = Disk.System.TryOpenDirectory(directory.Path)!;
        using (DiskFile file = opened.OpenOrCreate("f"))
            file.WriteAll("some"u8, 0);
        using DiskFile reader = opened.TryOpen("f", FileAccess.Read)!;
        DiskException refused = Assert.Throws<DiskException>(() => reader.Write("more"u8, 0));
        Assert.Equal($"{reader.Path}: pwrite: Bad file descriptor", refused.Message);
        Assert.Equal("Bad file descriptor", refused.Reason);
    }

    private static KeyValueServer Start(TemporaryDirectory directory, Disk disk, SyncPolicy sync) =>
        Servers.Start(options =>
        {
            options.DataDirectory = directory.Path;
            options.Sync = sync;
            options.Disk = disk;
        });
}
