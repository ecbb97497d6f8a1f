using System.Globalization;
using Penstock.KeyValue;
using Penstock.Simulation.Tests.Scenarios.Log;

namespace Penstock.Simulation.Tests.Files;

/// <summary>
/// Enumerates what a power failure may leave: a fixed piece of work is ended before each of its calls to the disk, and
/// a server is started over every state that the disk may be in then, or over a sample where there are too many. After
/// ALICE (Pillai and others, 2014) and CrashMonkey (Mohan and others, 2018). How many states of one call are tried is
/// in <c>PENSTOCK_CRASH_STATES</c>; 40 unless it says otherwise.
/// </summary>
public sealed class PowerFailureTests
{
    private static readonly int StatesPerCall = int.Parse(
        Environment.GetEnvironmentVariable("PENSTOCK_CRASH_STATES") ?? "40", CultureInfo.InvariantCulture);

    public static TheoryData<string, string> Works => new(
        from work in new[] { nameof(Write), nameof(Compact), nameof(Restart), nameof(StartOnTornLog), nameof(Repair) }
        from sync in Enum.GetNames<SyncPolicy>()
        select (work, sync));

    [Theory]
    [MemberData(nameof(Works))]
    public void A_server_starts_over_whatever_a_power_failure_leaves(string work, string sync)
    {
        int calls = 0;
        int states = 0;
        while (End(work, sync, ++calls) is { } ended)
            states += StartOverAll(ended);

        TestContext.Current.TestOutputHelper?.WriteLine($"{work}, {sync}: {states} states of {calls} calls");
        Assert.True(states > calls, $"{states} states of {calls} calls");
    }

    /// <summary>A server whose process has ended before a call; null when its work has fewer.</summary>
    private static LogServer? End(string work, string sync, int beforeCall)
    {
        var chance = new SeededGenerator(7);
        var disk = new SimulatedDisk(chance, DiskFaultPlan.None());
        LogServer? server = null;
        server = new LogServer(chance, disk, Enum.Parse<SyncPolicy>(sync), compactLogBytes: 1 << 20)
        {
            BeforeCall = (_, _) =>
            {
                if (--beforeCall > 0)
                    return;
                server!.Disk.End();
                throw new CrashException();
            },
        };
        try
        {
            Do(work, server);
            return null;
        }
        catch (CrashException)
        {
            return server;
        }
    }

    private static int StartOverAll(LogServer ended)
    {
        int states = 0;
        var every = new EnumeratedChoices();
        bool hasMore = true;
        for (; hasMore && states < StatesPerCall; states++)
        {
            StartOver(ended.AfterPowerFailure(every));
            hasMore = every.MoveNext();
        }

        var chance = new SeededGenerator((ulong)states);
        for (int sample = 0; hasMore && sample < StatesPerCall; sample++, states++)
            StartOver(ended.AfterPowerFailure(new DrawnChoices(chance)));
        return states;
    }

    /// <summary>It starts, goes on, and what it does then is there after the next start.</summary>
    private static void StartOver(LogServer server)
    {
        server.Start();
        server.Transact();
        server.StepLog();
        server.Stop();
        server.Start();
        server.Stop();
    }

    private static void Do(string work, LogServer server)
    {
        server.Start();
        switch (work)
        {
            case nameof(Write):
                Write(server);
                break;
            case nameof(Compact):
                Compact(server);
                break;
            case nameof(Restart):
                Restart(server);
                break;
            case nameof(StartOnTornLog):
                StartOnTornLog(server);
                break;
            case nameof(Repair):
                Repair(server);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(work), work, "There is no such work.");
        }

        server.Stop();
    }

    private static void Write(LogServer server)
    {
        for (int i = 0; i < 12; i++)
        {
            server.Transact();
            if (i % 3 == 0)
                server.Clock.Advance(2 * VirtualTime.Second);
            if (i % 2 == 0)
                server.StepLog();
        }
    }

    /// <summary>
    /// The log goes on in new files while clients write, and a snapshot takes the place of the old ones.
    /// </summary>
    private static void Compact(LogServer server)
    {
        for (int round = 0; round < 2; round++)
        {
            Write(server);
            server.RequestCompaction();
            for (int step = 0; server.StepCompactor(); step++)
            {
                if (step % 16 == 0)
                    server.Transact();
                server.StepLog();
            }
        }
    }

    private static void Restart(LogServer server)
    {
        Write(server);
        server.Kill();
        server.Start();
        Write(server);
        server.Stop();
        server.Start();
        server.Transact();
    }

    /// <summary>What the power failure left of the first server is cut off by the second.</summary>
    private static void StartOnTornLog(LogServer server)
    {
        Write(server);
        server.Transact();
        server.StepLog();
        server.FailPower(new DrawnChoices(new SeededGenerator(3)));
        server.Start();
        Write(server);
    }

    private static void Repair(LogServer server)
    {
        Write(server);
        server.Stop();
        server.Damage("log-00000001");
        server.Start();
        server.Transact();
    }
}
