using Penstock.Drivers;
using Penstock.Simulation.Clients;
using Penstock.Simulation.Driving;

namespace Penstock.Simulation.Checks;

/// <summary>What is known of one connection from outside the engine, to judge by what the engine does.</summary>
internal sealed class ConnectionRecord(
    Connection connection, ServerUnderTest server, ModelClient client, DriverSlot slot)
{
    /// <summary>Valid until <see cref="IsClosed"/>: the engine reuses the object.</summary>
    public Connection Connection => connection;

    public ConnectionId Id { get; } = connection.Id;

    public SlotKey Key { get; } = connection.Key;

    public ServerUnderTest Server => server;

    public ModelClient Client => client;

    public DriverSlot Slot => slot;

    public bool IsClosed { get; set; }

    public CloseReason Reason { get; set; }

    /// <summary>Bytes that the handler said it is done with.</summary>
    public long Consumed { get; set; }

    /// <summary>Bytes received that the handler has not consumed.</summary>
    public long Unconsumed => slot.DeliveredBytes - Consumed;

    public bool SawPeerFinish { get; set; }

    /// <summary>The handler, or another thread through its mailbox, asked for the end.</summary>
    public bool WasAskedToClose { get; set; }

    /// <summary>The handler threw.</summary>
    public bool HasFaulted { get; set; }

    /// <summary>The handler, or another thread, paused it and nobody has resumed it yet.</summary>
    public bool IsPausedByHandler { get; set; }

    /// <summary>The handler was called congested, and is owed a call that it is drained.</summary>
    public bool IsCongested { get; set; }

    /// <summary>When the handler last consumed something, or it opened.</summary>
    public long LastMessageAt { get; set; }

    public bool AnyMessage { get; set; }

    /// <summary>When it was last resumed.</summary>
    public long LastResumedAt { get; set; }

    /// <summary>What its peer had taken when the last turn ended.</summary>
    public long TakenBytes { get; set; }

    /// <summary>The turn in which its peer last took something.</summary>
    public long LastTakenAt { get; set; }

    /// <summary>When the last turn ended, receiving was paused or something was still to be sent.</summary>
    public bool WaitedForUs { get; set; }

    /// <summary>Since when nothing but the peer keeps it waiting.</summary>
    public long WaitingSince { get; set; }

    /// <summary>When it was first seen closing, or -1.</summary>
    public long DecidedAt { get; private set; } = -1;

    /// <summary>Bytes received by then.</summary>
    public long DeliveredWhenDecided { get; private set; }

    /// <summary>When it was first seen lingering, or -1.</summary>
    public long LingeringSince { get; set; } = -1;

    /// <summary>The connection is being closed; only the first call counts.</summary>
    public void Decide(long now)
    {
        if (DecidedAt >= 0)
            return;
        DecidedAt = now;
        DeliveredWhenDecided = slot.DeliveredBytes;
    }

    public override string ToString() => $"connection {Id}";
}
