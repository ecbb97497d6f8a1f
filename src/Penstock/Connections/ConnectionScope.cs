namespace Penstock.Connections;

/// <summary>What the connections of one server share on one loop: the handler, the limits and the count.</summary>
internal sealed class ConnectionScope(ConnectionHandler handler, ConnectionLimits limits, ConnectionLimiter limiter)
{
    public GuardedHandler Handler { get; } = new(handler);

    public ConnectionLimits Limits => limits;

    /// <summary>Counts the server's connections over all loops.</summary>
    public ConnectionLimiter Limiter => limiter;

    /// <summary>Connections open now on this loop.</summary>
    public int Count { get; set; }

    /// <summary>The server is shutting down and takes no more connections here.</summary>
    public bool IsClosing { get; set; }

    /// <summary>Set by a shutdown: called on the loop when <see cref="Count"/> reaches 0.</summary>
    public Action? OnEmpty { get; set; }

    public void Left()
    {
        Count--;
        limiter.Leave();
        if (Count == 0)
            OnEmpty?.Invoke();
    }
}
