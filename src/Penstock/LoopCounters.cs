using Penstock.Diagnostics;

namespace Penstock;

/// <summary>What one loop has done since it started, as its meters count it; a snapshot.</summary>
public readonly record struct LoopCounters
{
    /// <summary>Turns of the loop: waits for the operating system.</summary>
    public long Turns { get; init; }

    /// <summary>Connections accepted.</summary>
    public long AcceptedConnections { get; init; }

    /// <summary>Connections open now, over all servers of the loop.</summary>
    public long OpenConnections { get; init; }

    /// <summary>Bytes received.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>Bytes that the kernel took.</summary>
    public long SentBytes { get; init; }

    /// <summary>Sends: one per connection and turn unless the kernel is full.</summary>
    public long Sends { get; init; }

    /// <summary>Times that a connection was not received from, for a handler or a slow reader.</summary>
    public long ReceivePauses { get; init; }

    /// <summary>Handler calls that threw.</summary>
    public long HandlerFaults { get; init; }

    /// <summary>
    /// Timers, posted work and other callbacks without a connection that threw. They were reported; nothing else ended.
    /// </summary>
    public long CallbackFaults { get; init; }

    internal static LoopCounters From(LoopStatistics statistics) => new()
    {
        Turns = statistics.Turns,
        AcceptedConnections = statistics.AcceptedConnections,
        OpenConnections = statistics.OpenConnections,
        ReceivedBytes = statistics.ReceivedBytes,
        SentBytes = statistics.SentBytes,
        Sends = statistics.Sends,
        ReceivePauses = statistics.ReceivePauses,
        HandlerFaults = statistics.HandlerFaults,
        CallbackFaults = statistics.CallbackFaults,
    };
}
