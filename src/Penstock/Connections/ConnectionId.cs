using Penstock.Drivers;

namespace Penstock;

/// <summary>
/// Names one connection of a <see cref="LoopGroup"/>, from any thread and for ever: the only reference to a connection
/// that may leave its loop. A connection that has ended is never mistaken for the one that uses its slot now.
/// </summary>
public readonly record struct ConnectionId
{
    internal ConnectionId(int loop, SlotKey slot)
    {
        Loop = loop;
        Slot = slot;
    }

    /// <summary>The loop that serves the connection, from 0.</summary>
    public int Loop { get; }

    internal SlotKey Slot { get; }

    /// <summary>Loop, slot and generation, for logs: <c>0:17#3</c>.</summary>
    public override string ToString() => $"{Loop}:{Slot}";
}
