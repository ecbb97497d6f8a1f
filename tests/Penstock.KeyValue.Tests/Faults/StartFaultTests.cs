namespace Penstock.KeyValue.Tests.Faults;

/// <summary>
/// Calls fail below the runtime while a server starts on what a crash has left: a snapshot, the logs behind it, a torn
/// record at the end, a log that the snapshot has replaced, and half of another snapshot.
/// </summary>
public sealed class StartFaultTests
{
    private const string Snapshot = "snapshot-00000002";
    private const string MiddleLog = "log-00000002";
    private const string LastLog = "log-00000003";
    private const string OldLog = "log-00000001";
    private const string Unfinished = "snapshot-00000004.tmp";

    /// <summary>What was not read, or not made safe, must not be served.</summary>
    [Theory]
    [InlineData(Snapshot, "openat", "EIO")]
    [InlineData(Snapshot, "openat", "EACCES")]
    [InlineData(Snapshot, "openat", "EMFILE")]
    [InlineData(Snapshot, Injection.Reads, "EIO")]
    [InlineData(LastLog, "openat", "EIO")]
    [InlineData(LastLog, "openat", "EACCES")]
    [InlineData(LastLog, "openat", "EMFILE")]
    [InlineData(LastLog, Injection.Reads, "EIO")]
    [InlineData(LastLog, "ftruncate", "EIO")]
    [InlineData(LastLog, "ftruncate", "EROFS")]
    [InlineData(LastLog, Injection.Syncs, "EIO")]
    [InlineData(LastLog, Injection.Syncs, "ENOSPC")]
    [InlineData(".", Injection.Syncs, "EIO")]
    [InlineData(".", "getdents64", "EIO")]
    [InlineData("lock", "openat", "EMFILE")]
    [InlineData("lock", "openat", "EACCES")]
    [InlineData("lock", "openat", "EROFS")]
    public async Task A_server_does_not_start_on_what_it_could_not_read_or_make_safe(
        string file, string calls, string error)
    {
        using FaultyServer server = await CrashedAsync();
        await using Injection injection = Start(server, file, calls, error, out ChildProcess process);
        Assert.False(await server.TryTakeAsync(process), "The server has started.");
        Assert.Equal(1, await process.WaitForExitAsync());
        Assert.NotEqual(0, injection.Count);
        string errors = await process.ReadErrorsAsync();
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("in use by another process", errors, StringComparison.Ordinal);
        Assert.StartsWith("penstock: ", errors.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
        await server.CheckAfterRestartAsync();
    }

    /// <summary>It may start or refuse to; nothing may be lost.</summary>
    [Theory]
    [InlineData(MiddleLog, "close", "EIO")]
    [InlineData(Snapshot, "close", "EIO")]
    [InlineData(OldLog, "unlink,unlinkat", "EIO")]
    [InlineData(OldLog, "unlink,unlinkat", "EACCES")]
    [InlineData(OldLog, "unlink,unlinkat", "EROFS")]
    [InlineData(Unfinished, "unlink,unlinkat", "EIO")]
    [InlineData(Unfinished, "unlink,unlinkat", "EACCES")]
    public async Task A_start_that_cannot_tidy_up_loses_nothing(string file, string calls, string error)
    {
        using FaultyServer server = await CrashedAsync();
        await using (Injection injection = Start(server, file, calls, error, out ChildProcess process))
        {
            if (await server.TryTakeAsync(process))
            {
                await server.WriteAsync(5);
                await process.KillAsync();
            }

            await process.WaitForExitAsync();
            Assert.NotEqual(0, injection.Count);
            Assert.DoesNotContain("   at ", await process.ReadErrorsAsync(), StringComparison.Ordinal);
        }

        await server.CheckAfterRestartAsync();
    }

    /// <summary>
    /// The number counts the threads that the starting thread makes: one of the runtime, the loops, the log's, the
    /// snapshots'. So many loops that no other thread makes as many, which the runtime might not survive.
    /// </summary>
    [Theory]
    [InlineData("log", "9", "11")]
    [InlineData("snapshots", "9", "12")]
    public async Task A_server_that_gets_no_thread_to_store_with_says_so(string thread, string loops, string number)
    {
        using var server = new FaultyServer("always");
        await using Injection injection = Injection.Start(
            "clone,clone3", $"error=EAGAIN:when={number}", [], server.ArgumentsFor(loops), out ChildProcess process);
        Assert.False(await server.TryTakeAsync(process), "The server has started.");
        Assert.Equal(1, await process.WaitForExitAsync());
        string errors = await process.ReadErrorsAsync();
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.StartsWith(
            $"penstock: Cannot start the thread of the {thread}",
            errors.TrimEnd().Split('\n')[^1],
            StringComparison.Ordinal);
    }

    private static Injection Start(
        FaultyServer server, string file, string calls, string error, out ChildProcess process) =>
        Injection.Start(calls, $"error={error}", server.NamesOf(file), server.Arguments, out process);

    private static async Task<FaultyServer> CrashedAsync()
    {
        var server = new FaultyServer("always");
        await server.StartAsync();
        await server.WriteAsync(10);
        await server.CallAsync("BGSAVE");
        await Until.TrueAsync(() => server.Has(Snapshot) && !server.Has(OldLog));
        await server.WaitForSnapshotAsync();
        await server.WriteAsync(10);
        await server.Process.KillAsync();
        Assert.True(server.Has(LastLog));
        await using (FileStream log = File.OpenWrite(server.PathOf(LastLog)))
        {
            // The header of a record of 27 bytes, and not all of those.
            log.Position = log.Length;
            log.Write([27, 0, 0, 0, 1, 2, 3, 4, 1, 4, 0, 0, 0]);
        }

        await File.WriteAllBytesAsync(
            server.PathOf(OldLog), "PSTKKV1\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(server.PathOf(Unfinished), [], TestContext.Current.CancellationToken);
        return server;
    }
}
