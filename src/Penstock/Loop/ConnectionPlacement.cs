using Penstock.Connections;
using Penstock.Net;

namespace Penstock.Loop;

/// <summary>
/// Decides which loop serves a connection that one of them accepted. Used by the accepting loop only; a connection for
/// another loop travels through that loop's mailbox.
/// </summary>
internal sealed class ConnectionPlacement
{
    private static readonly Action<object?, long> Adopt = static (target, descriptor) =>
        ((ServerOnLoop)target!).Adopt(SocketHandle.FromDescriptor((int)descriptor));

    private readonly ServerOnLoop[] _targets;
    private readonly bool _leastConnections;
    private readonly ConnectionThreads? _threads;
    private readonly Func<EventLoop, ServerOnLoop>? _partOn;
    private int _next;

    private ConnectionPlacement(ServerOnLoop[] targets, bool leastConnections)
    {
        _targets = targets;
        _leastConnections = leastConnections;
    }

    private ConnectionPlacement(ConnectionThreads threads, Func<EventLoop, ServerOnLoop> partOn)
        : this([], leastConnections: false)
    {
        _threads = threads;
        _partOn = partOn;
    }

    /// <summary>Every connection stays where it was accepted.</summary>
    public static ConnectionPlacement Local(ServerOnLoop target) => new([target], leastConnections: false);

    /// <summary>Each loop in turn.</summary>
    public static ConnectionPlacement RoundRobin(ServerOnLoop[] targets) => new(targets, leastConnections: false);

    /// <summary>The loop that serves the fewest connections of this server.</summary>
    public static ConnectionPlacement LeastConnections(ServerOnLoop[] targets) => new(targets, leastConnections: true);

    /// <summary>Each on a thread of its own; <paramref name="partOn"/> is the server's part there.</summary>
    public static ConnectionPlacement PerThread(ConnectionThreads threads, Func<EventLoop, ServerOnLoop> partOn) =>
        new(threads, partOn);

    /// <summary>Whether another connection could be placed now.</summary>
    public bool HasRoom(ConnectionLimiter limiter)
    {
        if (limiter.IsFull)
            return false;
        return _threads?.HasRoomOrAwait() ?? (_targets.Length > 1 || _targets[0].Loop.HasFreeSlot);
    }

    /// <summary>Gives the connection to a loop; false when that loop has no slot or has ended.</summary>
    public bool TryPlace(SocketHandle socket)
    {
        if (Choose() is not { } target)
            return false;
        if (target.Loop.IsOnLoop)
            return target.TryAdopt(socket);
        target.Announce();
        bool posted = socket.Socket is { } managed
            ? target.Loop.Post((_, _) => target.Adopt(SocketHandle.FromSocket(managed)), null)
            : target.Loop.Post(Adopt, target, socket.Descriptor);
        if (posted)
            return true;
        target.Withdraw();
        _threads?.Forget();
        return false;
    }

    private ServerOnLoop? Choose()
    {
        if (_threads is not null)
            return _threads.TryClaim() is { } loop ? _partOn!(loop) : null;
        if (_targets.Length == 1)
            return _targets[0];
        if (!_leastConnections)
            return _targets[_next++ % _targets.Length];

        ServerOnLoop best = _targets[0];
        foreach (ServerOnLoop target in _targets)
        {
            if (target.Load < best.Load)
                best = target;
        }

        return best;
    }
}
