using Penstock.Simulation.Checks;

namespace Penstock.Simulation.Tests.Scenarios.KeyValue;

/// <summary>What the model knows of one client of the Redis protocol.</summary>
internal sealed class RespSession(ConnectionRecord record)
{
    public ConnectionRecord Record => record;

    public RespClient Client { get; } = (RespClient)record.Client;

    /// <summary>What is queued since MULTI; null outside of one.</summary>
    public List<string[]>? Queue { get; set; }

    /// <summary>Something could not be queued.</summary>
    public bool IsRefused { get; set; }

    /// <summary>The watched keys, with their versions when the watch began.</summary>
    public Dictionary<string, long> Watched { get; } = [];

    public HashSet<string> Channels { get; } = [];

    public HashSet<string> Patterns { get; } = [];

    /// <summary>QUIT was run, so the server ends the connection.</summary>
    public bool HasQuit { get; set; }

    /// <summary>It has subscribed, so the server may end it for not keeping up.</summary>
    public bool EverSubscribed { get; set; }

    public bool IsSubscribed => Subscriptions > 0;

    public int Subscriptions => Channels.Count + Patterns.Count;
}
