using Penstock.Simulation.Tests.Scenarios.Broadcast;
using Penstock.Simulation.Tests.Scenarios.Http;
using Penstock.Simulation.Tests.Scenarios.KeyValue;

namespace Penstock.Simulation.Tests.Scenarios;

/// <summary>Every scenario by the name that the command line knows it by.</summary>
internal static class ScenarioCatalog
{
    /// <summary>Not a scenario of the simulator: the readiness adapter over real sockets.</summary>
    public const string Chaos = "chaos";

    private static readonly Dictionary<string, Func<Scenario>> Factories = new()
    {
        ["echo"] = () => new EchoScenario(),
        ["stream"] = () => new StreamScenario(),
        ["relay"] = () => new RelayScenario(),
        ["kv"] = () => new KeyValueScenario(),
        ["broadcast"] = () => new BroadcastScenario(),
        ["http"] = () => new HttpScenario(),
        ["canary"] = () => new CanaryScenario(),
    };

    public static IEnumerable<string> Names => Factories.Keys;

    /// <summary>Those that must hold under every seed.</summary>
    public static IEnumerable<string> Sound => Names.Where(name => name != "canary");

    public static bool Contains(string name) => name == Chaos || Factories.ContainsKey(name);

    /// <summary>A fresh one for one run.</summary>
    public static Scenario Create(string name) => Factories[name]();
}
