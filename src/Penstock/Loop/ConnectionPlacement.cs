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
    private readonly Func<EventLoop, ServerOnLoop?>? _partOn;
    private int _next;

    private ConnectionPlacement(ServerOnLoop[] targets, bool leastConnections)
    {
        _targets = targets;
        _leastConnections = leastConnections;
    }

    private ConnectionPlacement(ConnectionThreads threads, Func<EventLoop, ServerOnLoop?> partOn)
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
    public static ConnectionPlacement PerThread(ConnectionThreads threads, Func<EventLoop, ServerOnLoop?> partOn) =>
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
        bool posted = socket.IsDescriptor
            ? target.Loop.Post(Adopt, target, socket.Descriptor)
            : target.Loop.Post((_, _) => target.Adopt(socket), null);
        if (posted)
            return true;
        target.Withdraw();
        _threads?.Forget();
        return false;
    }

    private ServerOnLoop? Choose()
    {
        if (_threads is not null)
            return ChooseThread(_threads);
        if (_targets.Length == 1)
            return _targets[0];
        return _leastConnections ? ChooseLeastLoaded() : ChooseNext();
    }

    private ServerOnLoop? ChooseThread(ConnectionThreads threads)
    {
        if (threads.TryClaim() is not { } loop)
            return null;
        ServerOnLoop? part = _partOn!(loop);
        if (part is null)
            threads.Forget();
        return part;
    }

    private ServerOnLoop ChooseNext()
    {
        ServerOnLoop next = Advance();
        return HasSlot(next) ? next : Advance();
    }

    private ServerOnLoop Advance()
    {
        // Not the remainder of a running count, which turns negative after 2^31 connections.
        ServerOnLoop target = _targets[_next];
        _next = _next + 1 < _targets.Length ? _next + 1 : 0;
        return target;
    }

    private ServerOnLoop ChooseLeastLoaded()
    {
        ServerOnLoop? best = null;
        foreach (ServerOnLoop target in _targets)
        {
            if (HasSlot(target) && (best is null || target.Load < best.Load))
                best = target;
        }

        return best ?? _targets[0];
    }

    /// <summary>Of other loops it is only known whether they have ended: what they hold back they turn away.</summary>
    private static bool HasSlot(ServerOnLoop target) =>
        target.Loop.IsOnLoop ? target.Loop.HasFreeSlot : !target.Loop.HasEnded;
}
