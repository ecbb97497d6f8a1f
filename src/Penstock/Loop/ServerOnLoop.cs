using Penstock.Connections;
using Penstock.Net;

namespace Penstock.Loop;

/// <summary>A server's part on one loop: where its connections there belong, and how many there are.</summary>
internal sealed class ServerOnLoop(EventLoop loop, ConnectionScope scope)
{
    private int _announced;

    public EventLoop Loop => loop;

    public ConnectionScope Scope => scope;

    /// <summary>Connections served here or on their way; any thread, may be a moment late.</summary>
    public int Load => scope.Count + Volatile.Read(ref _announced);

    /// <summary>Counts a connection that is about to be posted here, so that the next choice knows of it.</summary>
    public void Announce() => Interlocked.Increment(ref _announced);

    public void Withdraw() => Interlocked.Decrement(ref _announced);

    public bool TryAdopt(SocketHandle socket) => loop.TryAdopt(scope, socket);

    /// <summary>Takes a connection that another loop accepted and counted.</summary>
    public void Adopt(SocketHandle socket)
    {
        Withdraw();
        if (!scope.IsClosing && loop.TryAdopt(scope, socket))
            return;
        socket.Close();
        loop.Vacated?.Invoke(loop);
        scope.Limiter.Leave();
    }
}
