using Penstock.Simulation.Chaos;
using Penstock.Simulation.Tests.Scenarios.Broadcast;
using Penstock.Simulation.Tests.Scenarios.Http;
using Penstock.Simulation.Tests.Scenarios.KeyValue;
using Penstock.Simulation.Tests.Scenarios.Log;

namespace Penstock.Simulation.Tests.Scenarios;

/// <summary>Every scenario by the name that the command line knows it by.</summary>
internal static class ScenarioCatalog
{
    /// <summary>
    /// The readiness adapter over real sockets. The kernel decides too, so a seed is not always one run.
    /// </summary>
    public const string Chaos = "chaos";

    private static readonly Dictionary<string, Func<ulong, SimulationResult>> Runs = new()
    {
        ["echo"] = seed => Run(new EchoScenario(), seed),
        ["stream"] = seed => Run(new StreamScenario(), seed),
        ["relay"] = seed => Run(new RelayScenario(), seed),
        ["kv"] = seed => Run(new KeyValueScenario(), seed),
        ["broadcast"] = seed => Run(new BroadcastScenario(), seed),
        ["http"] = seed => Run(new HttpScenario(), seed),
        ["log"] = seed => new LogRun(seed).Run(),
        ["canary"] = seed => Run(new CanaryScenario(), seed),
        ["log-canary"] = seed => new LogRun(seed, repliesEarly: true).Run(),
        [Chaos] = RunChaos,
    };

    /// <summary>Those with a planted bug, which must be found.</summary>
    public static IEnumerable<string> Canaries =>
        Runs.Keys.Where(name => name.EndsWith("canary", StringComparison.Ordinal));

    /// <summary>Those that must hold under every seed, and in which a seed is always the same run.</summary>
    public static IEnumerable<string> Sound => Runs.Keys.Except(Canaries).Where(name => name != Chaos);

    public static bool Contains(string name) => Runs.ContainsKey(name);

    public static SimulationResult Run(string name, ulong seed) => Runs[name](seed);

    private static SimulationResult Run(Scenario scenario, ulong seed) => new SimulationRun(scenario, seed).Run();

    private static SimulationResult RunChaos(ulong seed)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("Readiness needs a POSIX system.");
        using var run = new ChaosRun(seed);
        return run.Run();
    }
}
