namespace Penstock.Simulation.Network;

/// <summary>A listening socket: connections wait here until the loop accepts them.</summary>
internal sealed class SimulatedListener : IDisposable
{
    private readonly Queue<SimulatedConnection> _backlog = new();

    /// <summary>Called when a connection begins to wait.</summary>
    public Action? Arrived { get; set; }

    public bool IsOpen { get; private set; } = true;

    public bool HasWaiting => _backlog.Count > 0;

    /// <summary>A client connects; one that comes too late is refused.</summary>
    public void Connect(SimulatedConnection connection)
    {
        if (!IsOpen)
        {
            connection.Abandon();
            return;
        }

        _backlog.Enqueue(connection);
        Arrived?.Invoke();
    }

    public SimulatedConnection Take() => _backlog.Dequeue();

    public void Dispose()
    {
        InvariantException.Require(IsOpen, $"a listener was closed twice");
        IsOpen = false;
        while (_backlog.TryDequeue(out SimulatedConnection? waiting))
            waiting.Abandon();
    }
}
