using Penstock.Net;

namespace Penstock.Drivers;

/// <summary>
/// Connections that the kernel has accepted and the loop has not seen. A multishot accept takes all that wait at once;
/// a storm of them is handed over bit by bit, so that it does not stop the traffic of those that are in.
/// </summary>
internal sealed class AcceptedBacklog
{
    private const int MaxPerTurn = 64;

    private readonly Queue<(SlotKey Listener, SocketHandle Socket)> _waiting = new();
    private int _left = MaxPerTurn;

    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>A new turn has a new share.</summary>
    public void StartTurn() => _left = MaxPerTurn;

    /// <summary>Whether one more may be handed over now; otherwise it has to be kept.</summary>
    public bool TryPass()
    {
        if (_left == 0)
            return false;
        _left--;
        return true;
    }

    public void Keep(SlotKey listener, SocketHandle socket) => _waiting.Enqueue((listener, socket));

    /// <summary>Takes the one that has waited longest, if the turn's share allows it.</summary>
    public bool TryTake(out SlotKey listener, out SocketHandle socket)
    {
        (listener, socket) = (default, default);
        if (IsEmpty || !TryPass())
            return false;
        (listener, socket) = _waiting.Dequeue();
        return true;
    }

    /// <summary>Closes those that nobody took.</summary>
    public void Clear()
    {
        while (_waiting.TryDequeue(out (SlotKey Listener, SocketHandle Socket) kept))
            kept.Socket.Close();
    }
}
