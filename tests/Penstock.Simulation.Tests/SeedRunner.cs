using System.Diagnostics;
using System.Globalization;
using Penstock.Simulation.Tests.Scenarios;

namespace Penstock.Simulation.Tests;

/// <summary>Runs seeds of a scenario from the command line and says what they came to.</summary>
internal static class SeedRunner
{
    /// <summary>The exit code for a command line that means nothing.</summary>
    public const int WrongUsage = 2;

    /// <summary>The command that repeats a run; what a failure prints.</summary>
    public static string ReplayCommand(string scenario, ulong seed) =>
        $"dotnet run --project tests/Penstock.Simulation.Tests -- {scenario} {seed}";

    /// <summary>Runs one seed; a failure names the command that repeats it.</summary>
    public static SimulationResult Run(string scenario, ulong seed)
    {
        try
        {
            return ScenarioCatalog.Run(scenario, seed);
        }
        catch (Exception exception)
        {
            throw new InvariantException($"{exception.Message}\n  replay: {ReplayCommand(scenario, seed)}", exception);
        }
    }

    /// <summary><c>scenario seed</c>, or <c>scenario --seeds count [--from first]</c>; returns the exit code.</summary>
    public static int RunCommand(string[] args)
    {
        string scenario = args[0];
        if (TryParse(args.AsSpan(1), out ulong first, out ulong count))
            return RunMany(scenario, first, count);
        Console.Error.WriteLine($"usage: {scenario} SEED | {scenario} --seeds COUNT [--from FIRST]");
        return WrongUsage;
    }

    private static bool TryParse(ReadOnlySpan<string> words, out ulong first, out ulong count)
    {
        (first, count) = (1, 1);
        return words switch
        {
            [string seed] => TryParse(seed, out first),
            ["--seeds", string seeds] => TryParse(seeds, out count),
            ["--seeds", string seeds, "--from", string from] => TryParse(seeds, out count) && TryParse(from, out first),
            _ => false,
        };
    }

    private static bool TryParse(string word, out ulong number) =>
        ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static int RunMany(string scenario, ulong first, ulong count)
    {
        var total = default(SimulationResult);
        int failures = 0;
        var watch = Stopwatch.StartNew();
        for (ulong seed = first; seed < first + count; seed++)
        {
            try
            {
                total += Run(scenario, seed);
            }
            catch (InvariantException failure)
            {
                failures++;
                Console.WriteLine($"seed {seed}: {(count == 1 ? failure : failure.Message)}");
            }
        }

        Report(scenario, count, failures, total, watch.Elapsed);
        return failures == 0 ? 0 : 1;
    }

    private static void Report(string scenario, ulong seeds, int failures, SimulationResult total, TimeSpan elapsed) =>
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{scenario}: {seeds} seeds, {failures} failed, {seeds / elapsed.TotalSeconds:F0} seeds/s; "
            + $"{total.Connections} connections, {total.Bytes} bytes, {total.Faults} faults, {total.Turns} turns, "
            + $"{total.VirtualTime.TotalHours:F1} virtual hours"));
}
