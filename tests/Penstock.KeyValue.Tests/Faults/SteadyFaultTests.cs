namespace Penstock.KeyValue.Tests.Faults;

/// <summary>The log's file fails below the runtime while clients write; then it works again.</summary>
public sealed class SteadyFaultTests
{
    private const string Log = "log-00000001";

    [Theory]
    [InlineData(Injection.Syncs, "error=EIO")]
    [InlineData(Injection.Syncs, "error=ENOSPC")]
    [InlineData(Injection.Syncs, "error=EDQUOT")]
    [InlineData(Injection.Writes, "error=EIO")]
    [InlineData(Injection.Writes, "error=ENOSPC")]
    [InlineData(Injection.Writes, "error=EDQUOT")]
    [InlineData(Injection.Writes, "error=EFBIG")]
    [InlineData(Injection.Writes, "retval=0")]
    public async Task Nothing_is_acknowledged_that_the_disk_has_refused(string calls, string failure)
    {
        using var server = new FaultyServer("always");
        await server.StartAsync();
        await server.WriteAsync(20);
        await using (Injection injection = await AttachAsync(server, calls, failure))
        {
            for (int i = 0; i < 5; i++)
                Assert.NotEqual("+OK|", await server.TryWriteAsync());
            Assert.NotEqual(0, injection.Count);
        }

        await GoOnAsync(server);
        await server.Process.KillAsync();
        await server.CheckAfterRestartAsync();
    }

    [Theory]
    [InlineData("EINTR")]
    [InlineData("EIO")]
    public async Task A_sync_that_fails_once_loses_nothing(string error)
    {
        using var server = new FaultyServer("always");
        await server.StartAsync();
        await server.WriteAsync(20);
        await using (Injection injection = await AttachAsync(server, Injection.Syncs, $"error={error}:when=1"))
        {
            await server.TryWriteAsync();
            await Until.TrueAsync(async () => await server.TryWriteAsync() == "+OK|");
            Assert.NotEqual(0, injection.Count);
        }

        await server.Process.KillAsync();
        await server.CheckAfterRestartAsync();
    }

    [Theory]
    [InlineData("everysec", "error=EIO")]
    [InlineData("everysec", "error=ENOSPC")]
    [InlineData("everysec", "error=EDQUOT")]
    [InlineData("everysec", "error=EFBIG")]
    [InlineData("everysec", "retval=0")]
    [InlineData("no", "error=EIO")]
    [InlineData("no", "error=ENOSPC")]
    [InlineData("no", "error=EDQUOT")]
    [InlineData("no", "error=EFBIG")]
    [InlineData("no", "retval=0")]
    public async Task Writes_are_refused_soon_after_the_disk_has_refused_one(string policy, string failure)
    {
        using var server = new FaultyServer(policy);
        await server.StartAsync();
        await server.WriteAsync(20);
        await using (Injection injection = await AttachAsync(server, Injection.Writes, failure))
        {
            await Until.TrueAsync(async () => IsRefused(await server.TryWriteAsync()));
            Assert.NotEqual(0, injection.Count);
        }

        await GoOnAsync(server);
        server.Process.Signal(ChildProcess.SigTerm);
        Assert.Equal(0, await server.Process.WaitForExitAsync());
        await server.CheckAfterRestartAsync();
    }

    /// <summary>The kernel may have given up what it could not write; a snapshot makes up for it.</summary>
    [Fact]
    public async Task After_a_sync_that_failed_once_a_second_writes_are_refused_until_there_is_a_snapshot()
    {
        using var server = new FaultyServer("everysec");
        await server.StartAsync();
        await server.WriteAsync(20);
        await using (Injection injection = await AttachAsync(server, Injection.Syncs, "error=EIO"))
        {
            await Until.TrueAsync(async () => IsRefused(await server.TryWriteAsync()));
            Assert.NotEqual(0, injection.Count);
        }

        await GoOnAsync(server);
        Assert.NotEmpty(Directory.GetFiles(server.Directory, "snapshot-????????"));
        server.Process.Signal(ChildProcess.SigTerm);
        Assert.Equal(0, await server.Process.WaitForExitAsync());
        await server.CheckAfterRestartAsync();
    }

    private static Task<Injection> AttachAsync(FaultyServer server, string calls, string failure) =>
        Injection.AttachAsync(server.Process, calls, failure, server.NamesOf(Log));

    private static bool IsRefused(string? reply) =>
        reply?.StartsWith("-MISCONF", StringComparison.Ordinal) ?? false;

    /// <summary>The server takes writes again by itself.</summary>
    private static async Task GoOnAsync(FaultyServer server)
    {
        await Until.TrueAsync(async () => await server.TryWriteAsync() == "+OK|");
        await server.WriteAsync(5);
    }
}
