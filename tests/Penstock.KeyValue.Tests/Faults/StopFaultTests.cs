namespace Penstock.KeyValue.Tests.Faults;

/// <summary>Calls fail below the runtime while the server ends in order.</summary>
public sealed class StopFaultTests
{
    private const string Log = "log-00000001";

    /// <summary>Whoever stops a server must learn that what it had acknowledged may not be on the disk.</summary>
    [Theory]
    [InlineData("everysec", "error=EIO")]
    [InlineData("everysec", "error=ENOSPC")]
    [InlineData("no", "error=EIO")]
    public async Task A_server_whose_last_sync_fails_ends_with_a_failure(string policy, string failure)
    {
        using var server = new FaultyServer(policy);
        await server.StartAsync();
        await server.WriteAsync(20);
        await using (Injection injection = await Injection.AttachAsync(
            server.Process, Injection.Syncs, failure, server.NamesOf(Log)))
        {
            server.Process.Signal(ChildProcess.SigTerm);
            Assert.Equal(1, await server.Process.WaitForExitAsync());
            Assert.NotEqual(0, injection.Count);
        }

        Assert.DoesNotContain("   at ", await server.Process.ReadErrorsAsync(), StringComparison.Ordinal);
        await server.CheckAfterRestartAsync();
    }

    [Theory]
    [InlineData("always", Injection.Syncs, "error=EIO")]
    [InlineData("always", Injection.Writes, "error=ENOSPC")]
    [InlineData("always", "close", "error=EIO")]
    [InlineData("everysec", "close", "error=EIO")]
    [InlineData("no", "close", "error=EIO")]
    public async Task A_server_that_ends_on_a_disk_that_fails_has_lost_nothing_it_acknowledged(
        string policy, string calls, string failure)
    {
        using var server = new FaultyServer(policy);
        await server.StartAsync();
        await server.WriteAsync(20);
        await using (await Injection.AttachAsync(server.Process, calls, failure, server.NamesOf(Log)))
        {
            if (policy == "always" && calls != "close")
                Assert.NotEqual("+OK|", await server.TryWriteAsync());
            server.Process.Signal(ChildProcess.SigTerm);
            await server.Process.WaitForExitAsync();
        }

        Assert.DoesNotContain("   at ", await server.Process.ReadErrorsAsync(), StringComparison.Ordinal);
        await server.CheckAfterRestartAsync();
    }

    [Theory]
    [InlineData("everysec")]
    [InlineData("no")]
    public async Task A_server_that_cannot_write_what_it_acknowledged_ends_with_a_failure(string policy)
    {
        using var server = new FaultyServer(policy);
        await server.StartAsync();
        await server.WriteAsync(20);
        await using (Injection injection = await Injection.AttachAsync(
            server.Process, Injection.Writes, "error=ENOSPC", server.NamesOf(Log)))
        {
            Assert.Equal("+OK|", await server.TryWriteAsync());
            await Until.TrueAsync(() => injection.Count > 0);
            server.Process.Signal(ChildProcess.SigTerm);
            Assert.Equal(1, await server.Process.WaitForExitAsync());
        }
    }
}
