namespace Penstock.KeyValue.Tests.Faults;

/// <summary>
/// Calls fail below the runtime while the log goes on in a new file and a snapshot takes the place of the old one.
/// </summary>
public sealed class SnapshotFaultTests
{
    private const string OldLog = "log-00000001";
    private const string NewLog = "log-00000002";
    private const string Unfinished = "snapshot-00000002.tmp";
    private const string Snapshot = "snapshot-00000002";

    /// <summary>The snapshot's file, or what must be on the disk before it has its name.</summary>
    [Theory]
    [InlineData(NewLog, "openat", "EMFILE")]
    [InlineData(NewLog, "openat", "EACCES")]
    [InlineData(NewLog, "openat", "EROFS")]
    [InlineData(NewLog, Injection.Writes, "ENOSPC")]
    [InlineData(NewLog, Injection.Syncs, "EIO")]
    [InlineData(".", "openat", "EMFILE")]
    [InlineData(".", Injection.Syncs, "EIO")]
    [InlineData(Unfinished, "openat", "EMFILE")]
    [InlineData(Unfinished, "openat", "EACCES")]
    [InlineData(Unfinished, "openat", "EROFS")]
    [InlineData(Unfinished, Injection.Writes, "EIO")]
    [InlineData(Unfinished, Injection.Writes, "ENOSPC")]
    [InlineData(Unfinished, Injection.Writes, "EDQUOT")]
    [InlineData(Unfinished, Injection.Writes, "EFBIG")]
    [InlineData(Unfinished, Injection.Syncs, "EIO")]
    [InlineData(Unfinished, Injection.Syncs, "ENOSPC")]
    [InlineData(Unfinished, "rename,renameat,renameat2", "EIO")]
    [InlineData(Unfinished, "rename,renameat,renameat2", "ENOSPC")]
    [InlineData(Unfinished, "rename,renameat,renameat2", "EACCES")]
    public async Task A_snapshot_that_may_not_be_on_the_disk_replaces_no_log(string file, string calls, string error)
    {
        using var server = new FaultyServer("always");
        await server.StartAsync();
        await server.WriteAsync(20);
        await using (Injection injection = await AttachAsync(server, file, calls, error))
        {
            await server.CallAsync("BGSAVE");
            await Until.TrueAsync(() => injection.Count > 0);
            await server.WaitForSnapshotAsync();
            Assert.False(server.Has(Snapshot));
            Assert.True(server.Has(OldLog));
        }

        await GoOnAsync(server);
    }

    /// <summary>What is left to do then is done by a later snapshot, or by the next start.</summary>
    [Theory]
    [InlineData(OldLog, "close", "EIO")]
    [InlineData(OldLog, "unlink,unlinkat", "EIO")]
    [InlineData(OldLog, "unlink,unlinkat", "EACCES")]
    [InlineData(OldLog, "unlink,unlinkat", "EROFS")]
    [InlineData(Unfinished, "close", "EIO")]
    [InlineData(".", "close", "EIO")]
    public async Task A_snapshot_that_is_only_hard_to_tidy_up_after_loses_nothing(
        string file, string calls, string error)
    {
        using var server = new FaultyServer("always");
        await server.StartAsync();
        await server.WriteAsync(20);
        await using (Injection injection = await AttachAsync(server, file, calls, error))
        {
            await server.CallAsync("BGSAVE");
            await Until.TrueAsync(() => injection.Count > 0);
            await server.WaitForSnapshotAsync();
            Assert.True(server.Has(OldLog) || server.Has(Snapshot));
        }

        await GoOnAsync(server);
    }

    /// <summary>
    /// The name may be on the disk or not when the directory cannot be synced, so the old log must stay.
    /// </summary>
    [Fact]
    public async Task A_log_stays_until_the_name_of_its_snapshot_is_on_the_disk()
    {
        using var server = new FaultyServer("always");
        await server.StartAsync();
        await server.WriteAsync(20);
        await using (Injection injection = await AttachAsync(server, ".", Injection.Syncs, "EIO:when=3+"))
        {
            // Each of the two new logs syncs the directory on the log's thread, the snapshot on its own.
            for (int i = 0; i < 4 && injection.Count == 0; i++)
            {
                await server.CallAsync("BGSAVE");
                await Until.TrueAsync(() => injection.Count > 0 || server.Has(Snapshot));
                await server.WaitForSnapshotAsync();
            }

            Assert.NotEqual(0, injection.Count);
        }

        await GoOnAsync(server);
    }

    [Theory]
    [InlineData("everysec")]
    [InlineData("no")]
    public async Task A_log_that_cannot_be_synced_is_not_ended(string policy)
    {
        using var server = new FaultyServer(policy);
        await server.StartAsync();
        await server.WriteAsync(20);
        await using (Injection injection = await AttachAsync(server, OldLog, Injection.Syncs, "EIO:when=1"))
        {
            await server.CallAsync("BGSAVE");
            await Until.TrueAsync(() => injection.Count > 0);
            await server.WaitForSnapshotAsync();
        }

        await GoOnAsync(server, crash: false);
    }

    private static Task<Injection> AttachAsync(FaultyServer server, string file, string calls, string error) =>
        Injection.AttachAsync(server.Process, calls, $"error={error}", server.NamesOf(file));

    /// <summary>Writes and snapshots work again, and what comes of it is whole.</summary>
    private static async Task GoOnAsync(FaultyServer server, bool crash = true)
    {
        await Until.TrueAsync(async () => await server.TryWriteAsync() == "+OK|");
        await Until.TrueAsync(async () =>
        {
            await server.CallAsync("BGSAVE");
            await server.WaitForSnapshotAsync();
            return !server.Has(OldLog);
        });
        await server.WriteAsync(5);
        if (crash)
            await server.Process.KillAsync();
        else
            server.Process.Signal(ChildProcess.SigTerm);
        await server.Process.WaitForExitAsync();
        await server.CheckAfterRestartAsync();
    }
}
