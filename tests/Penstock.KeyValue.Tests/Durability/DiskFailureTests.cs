using Penstock.KeyValue.Durability;

namespace Penstock.KeyValue.Tests.Durability;

/// <summary>What a disk can do at a bad moment, beyond refusing a write.</summary>
public sealed class DiskFailureTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_server_stops_although_a_snapshot_waits_for_a_log_that_cannot_be_written()
    {
        using var directory = new TemporaryDirectory();
        var disk = new FailingDisk();
        KeyValueServer server = Start(directory, disk, SyncPolicy.Always);
        disk.IsFull = true;
        using (RespClient client = await RespClient.ConnectAsync(server))
        {
            await client.SendAsync(RespClient.Encode("SET", "a", "1"));
            Assert.True(await client.EndsAsync());
        }

        using (RespClient client = await RespClient.ConnectAsync(server))
            await client.CallAsync("BGSAVE");
        await Until.TrueAsync(() => server.Database.IsCompacting);
        await server.DisposeAsync().AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.False(server.Database.IsCompacting);
    }

    [Fact]
    public async Task A_snapshot_that_is_asked_for_too_late_is_refused_and_not_under_way()
    {
        using var directory = new TemporaryDirectory();
        KeyValueServer server = Start(directory, new FailingDisk(), SyncPolicy.Always);
        await server.DisposeAsync();
        bool? succeeded = null;
        server.Database.RequestCompaction(ended => succeeded = ended);
        Assert.False(succeeded);
        Assert.False(server.Database.IsCompacting);
    }

    [Fact]
    public async Task A_sync_that_failed_once_a_second_loses_nothing_that_memory_still_has()
    {
        using var directory = new TemporaryDirectory();
        var disk = new FailingDisk();
        await using (KeyValueServer server = Start(directory, disk, SyncPolicy.EverySecond))
        {
            using RespClient client = await RespClient.ConnectAsync(server);
            Assert.Equal("+OK|", await client.CallAsync("SET", "a", "1"));
            disk.SyncLoses = true;
            await Until.TrueAsync(() => server.Database.Log!.Failure is not null);
            await Until.TrueAsync(() => server.Database.Log!.Failure is null);
            Assert.Equal("+OK|", await client.CallAsync("SET", "b", "2"));
        }

        await using KeyValueServer again = Start(directory, disk, SyncPolicy.EverySecond);
        using RespClient reader = await RespClient.ConnectAsync(again);
        Assert.Equal("*2|$1|1|$1|2|", await reader.CallAsync("MGET", "a", "b"));
    }

    [Fact]
    public async Task A_log_goes_on_after_a_crash_although_its_next_segment_could_not_be_made()
    {
        using var directory = new TemporaryDirectory();
        var disk = new FailingDisk();
        await using (KeyValueServer server = Start(directory, disk, SyncPolicy.Always))
        {
            using RespClient client = await RespClient.ConnectAsync(server);
            Assert.Equal("+OK|", await client.CallAsync("SET", "a", "1"));
            disk.OpenFails = true;
            await Assert.ThrowsAnyAsync<IOException>(() => server.Database.Log!.RotateAsync());
            disk.OpenFails = false;
            Assert.Equal("+OK|", await client.CallAsync("SET", "b", "2"));
            Assert.Equal("+OK|", await client.CallAsync("SET", "torn", "3"));
        }

        using (FileStream log = File.OpenWrite(Path.Combine(directory.Path, "log-00000001")))
            log.SetLength(log.Length - LogFormat.MarkBytes - 1);
        await using KeyValueServer again = Start(directory, disk, SyncPolicy.Always);
        using RespClient reader = await RespClient.ConnectAsync(again);
        Assert.Equal("*3|$1|1|$1|2|$-1|", await reader.CallAsync("MGET", "a", "b", "torn"));
    }

    [Fact]
    public async Task Clients_that_do_not_wait_for_replies_are_not_read_from_while_the_disk_is_behind()
    {
        const int Commands = 2_500;
        using var directory = new TemporaryDirectory();
        var disk = new FailingDisk();
        await using KeyValueServer server = Start(directory, disk, SyncPolicy.EverySecond);
        using RespClient client = await RespClient.ConnectAsync(server);
        byte[] command = RespClient.Encode("SET", "k", new string('v', 64 * 1024));
        disk.Writes.Reset();
        Task sending = SendAllAsync();
        try
        {
            EventLoopContext loop = server.Group[0];
            await Until.TrueAsync(() => sending.IsCompleted || loop.ReadCounters().ReceivePauses > 0);
            Assert.False(sending.IsCompleted, "The server has read everything although it can write nothing.");
        }
        finally
        {
            disk.Writes.Set();
        }

        for (int i = 0; i < Commands; i++)
            Assert.Equal("+OK|", await client.ReadAsync());
        await sending;

        async Task SendAllAsync()
        {
            for (int i = 0; i < Commands; i++)
                await client.SendAsync(command);
        }
    }

    /// <summary>A command of a few bytes can log a long value, so the bytes that are received bound nothing.</summary>
    [Theory]
    [InlineData(SyncPolicy.EverySecond)]
    [InlineData(SyncPolicy.Always)]
    public async Task No_command_runs_while_the_log_has_more_to_write_than_it_should(SyncPolicy sync)
    {
        const int Commands = 100;
        const int Others = 5;
        using var directory = new TemporaryDirectory();
        var disk = new FailingDisk();
        await using KeyValueServer server = Start(directory, disk, sync);
        AppendLog log = server.Database.Log!;
        EventLoopContext loop = server.Group[0];
        using RespClient client = await RespClient.ConnectAsync(server);
        Assert.Equal("+OK|", await client.CallAsync("SET", "a", new string('v', 8 * 1024 * 1024)));
        RespClient[] others =
            await Task.WhenAll(Enumerable.Range(0, Others).Select(_ => RespClient.ConnectAsync(server)));
        byte[] command = RespClient.Encode("COPY", "a", "b", "REPLACE");
        disk.Writes.Reset();
        try
        {
            byte[] all = [.. Enumerable.Repeat(command, Commands).SelectMany(bytes => bytes)];
            await client.SendAsync(all);
            await Until.TrueAsync(() => log.Appended > Commands || loop.ReadCounters().ReceivePauses > 0);
            long appended = log.Appended;

            // Nine of them fill it; one may be in the middle of being written.
            Assert.InRange(appended, 9, 12);
            foreach (RespClient other in others)
                await other.SendAsync(command);
            await Until.TrueAsync(() => log.Appended > appended || loop.ReadCounters().ReceivePauses > Others);
            Assert.Equal(appended, log.Appended);
        }
        finally
        {
            disk.Writes.Set();
        }

        for (int i = 0; i < Commands; i++)
            Assert.Equal(":1|", await client.ReadAsync());
        foreach (RespClient other in others)
        {
            Assert.Equal(":1|", await other.ReadAsync());
            other.Dispose();
        }
    }

    [Fact]
    public async Task A_snapshot_that_finds_no_room_leaves_none_of_it_taken()
    {
        using var directory = new TemporaryDirectory();
        var disk = new FailingDisk();
        await using KeyValueServer server = Start(directory, disk, SyncPolicy.Always);
        using RespClient client = await RespClient.ConnectAsync(server);
        Assert.Equal("+OK|", await client.CallAsync("SET", "a", "1"));
        disk.IsFull = true;
        await client.CallAsync("BGSAVE");
        await Until.TrueAsync(() => server.Database.HasSnapshotFailed);
        string info = await client.CallAsync("INFO", "persistence");
        Assert.Contains("rdb_last_bgsave_status:err", info, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(directory.Path, "snapshot-*"));
    }

    private static KeyValueServer Start(TemporaryDirectory directory, FailingDisk disk, SyncPolicy sync) =>
        Servers.Start(options =>
        {
            options.DataDirectory = directory.Path;
            options.Sync = sync;
            options.Disk = disk;
        });
}
