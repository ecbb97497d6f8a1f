using Penstock.KeyValue;
using Penstock.Simulation.Tests.Files;
using Penstock.Simulation.Tests.Scenarios.Log;

namespace Penstock.Simulation.Tests.Regressions;

/// <summary>What the scenario <c>log</c> found, in the few steps that it takes.</summary>
public sealed class LogRegressions
{
    /// <summary>None of what was not synced survives; of a sync that fails, every page is given up.</summary>
    private static CrashChoices Nothing => new EnumeratedChoices();

    /// <summary>
    /// The next server reads from the cache what the disk does not have, and its own sync has nothing to write.
    /// </summary>
    [Theory]
    [InlineData(SyncPolicy.Always)]
    [InlineData(SyncPolicy.EverySecond)]
    public void What_a_server_starts_with_is_on_the_disk_although_a_sync_failed_before(SyncPolicy sync)
    {
        LogServer server = Create(seed: 1, sync);
        server.Start();
        Write(server);
        server.Disk.NextSyncFailure = Nothing;
        server.Clock.Advance(2 * VirtualTime.Second);
        Write(server);
        Assert.Null(server.Disk.NextSyncFailure);
        server.Kill();
        server.Start();
        Write(server);
        server.FailPower(Nothing);
        server.Start();
        Assert.True(server.IsRunning);
    }

    /// <summary>
    /// The page that a mark ends in is given up by a sync that fails, and what is written again lies in the next one.
    /// Records of many lengths, so that some mark ends with its page.
    /// </summary>
    [Fact]
    public void A_mark_that_a_failed_sync_has_lost_is_written_again()
    {
        for (ulong seed = 1; seed <= 1_000; seed++)
        {
            LogServer server = Create(seed, SyncPolicy.Always);
            server.Start();
            Write(server);
            server.Disk.NextSyncFailure = Nothing;
            Write(server);
            server.Clock.Advance(2 * VirtualTime.Second);
            server.StepLog();
            Write(server);
            server.FailPower(Nothing);
            server.Start();
            Assert.True(server.IsRunning);
        }
    }

    [Fact]
    public void A_directory_whose_server_was_killed_while_it_made_it_is_there_for_good()
    {
        LogServer? server = null;
        server = Create(seed: 1, SyncPolicy.Always, (call, path) =>
        {
            if ((call, path) != ("fsync", "/"))
                return;
            server!.Disk.End();
            throw new CrashException();
        });
        Assert.Throws<CrashException>(server.Start);
        server.BeforeCall = null;
        server.Kill();
        server.Start();
        Write(server);
        server.FailPower(Nothing);
        server.Start();
        Assert.True(server.IsRunning);
    }

    private static LogServer Create(ulong seed, SyncPolicy sync, Action<string, string>? beforeCall = null)
    {
        var chance = new SeededGenerator(seed);
        var disk = new SimulatedDisk(chance, DiskFaultPlan.None());
        return new LogServer(chance, disk, sync, compactLogBytes: 1 << 20) { BeforeCall = beforeCall };
    }

    /// <summary>Until something has changed; some transactions only read.</summary>
    private static void Write(LogServer server)
    {
        long before = server.Transactions;
        while (server.Transactions == before)
            server.Transact();
        server.StepLog();
    }
}
