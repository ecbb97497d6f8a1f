using Penstock.Connections;
using Penstock.Loop;
using Penstock.Net;
using Penstock.Simulation.Checks;
using Penstock.Simulation.Network;

namespace Penstock.Simulation;

/// <summary>
/// A server on the simulated loop: the engine's own parts of one, put together without threads or sockets.
/// </summary>
internal sealed class ServerUnderTest
{
    private readonly List<LoopListener> _loopListeners = [];

    public ServerUnderTest(SimulationRun run, int index, ServerOptions options, int listeners)
    {
        Options = options;
        Name = $"server {index}";
        Limiter = new ConnectionLimiter(options.MaxConnections) { OnRoom = OnRoom };
        var handler = new ObservedHandler(run, this, run.Scenario.CreateHandler(this));
        Scope = new ConnectionScope(handler, ConnectionLimits.From(options, run.Loop.Deadlines), Limiter);
        Part = new ServerOnLoop(run.Loop, Scope);
        for (int i = 0; i < listeners; i++)
            Listen(run);
    }

    public string Name { get; }

    public ServerOptions Options { get; }

    public ConnectionLimiter Limiter { get; }

    public ConnectionScope Scope { get; }

    public ServerOnLoop Part { get; }

    public List<SimulatedListener> Listeners { get; } = [];

    public IReadOnlyList<LoopListener> LoopListeners => _loopListeners;

    public bool IsStopping { get; private set; }

    /// <summary>Every listener is closed and every connection gone.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>As a graceful stop does it, on the loop.</summary>
    public void Stop()
    {
        if (IsStopping)
            return;
        IsStopping = true;
        int open = _loopListeners.Count;
        if (open == 0)
            Drain();
        foreach (LoopListener listener in _loopListeners)
        {
            listener.OnClosed = () =>
            {
                if (--open == 0)
                    Drain();
            };
            listener.Close();
        }
    }

    private void Drain() => RunningServer.End(Part, c => c.Stop(), () => IsStopped = true);

    private void Listen(SimulationRun run)
    {
        var socket = new SimulatedListener();
        var listener = new LoopListener(
            run.Loop,
            ConnectionPlacement.Local(Part),
            Limiter,
            Name,
            fault => throw new InvariantException($"{Name} broke: {fault.Message}"));
        listener.Start(SocketHandle.FromModel(socket));
        Listeners.Add(socket);
        _loopListeners.Add(listener);
    }

    private void OnRoom()
    {
        foreach (LoopListener listener in _loopListeners)
            listener.Loop.Post(static (target, _) => ((LoopListener)target!).OnRoom(), listener);
    }
}
