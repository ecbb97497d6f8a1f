using Penstock.Buffers;
using Penstock.Connections;
using Penstock.Loop;
using Penstock.Net;
using Penstock.Simulation.Driving;
using Penstock.Simulation.Network;
using Penstock.Timing;

namespace Penstock.Simulation.Tests.Regressions;

/// <summary>
/// A loop over a simulated driver in which nothing goes wrong by itself; what happens is written in the test.
/// </summary>
internal sealed class LoopRig
{
    private readonly SimulatedNetwork _network;
    private readonly ConnectionOptions _options;

    public LoopRig(
        int slots = 8,
        ConnectionOptions? options = null,
        FaultPlan? faults = null,
        double answersAtOnce = 0,
        MemoryBudget? budget = null)
    {
        var chance = new SeededGenerator(1);
        _network = new SimulatedNetwork(new VirtualTime(), chance, faults ?? FaultPlan.None(chance));
        _options = options ?? Patient();
        Driver = new SimulatedDriver(_network, EventLoop.SlotsFor(slots), ReceiveBufferBytes)
        {
            AnswersAtOnce = answersAtOnce,
        };
        Loop = new EventLoop(0, Driver, new LoopClock(_network.Time), slots, maxEventsPerTurn: 64, budget);
    }

    public static int ReceiveBufferBytes => 256;

    public SimulatedDriver Driver { get; }

    public EventLoop Loop { get; }

    public VirtualTime Time => _network.Time;

    /// <summary>Options without deadlines.</summary>
    public static ServerOptions Patient() => new()
    {
        IdleTimeout = Timeout.InfiniteTimeSpan,
        FirstMessageTimeout = Timeout.InfiniteTimeSpan,
        WriteStallTimeout = Timeout.InfiniteTimeSpan,
    };

    public ConnectionScope CreateScope(ConnectionHandler handler, int maxConnections = 100) =>
        new(handler, ConnectionLimits.From(_options, Loop.Deadlines), new ConnectionLimiter(maxConnections));

    public SimulatedConnection CreateWire(int toClientBytes = 1024 * 1024) => new(_network, 1024 * 1024, toClientBytes);

    /// <summary>A client whose connection is established and served by <paramref name="handler"/>.</summary>
    public SimulatedConnection Connect(ConnectionHandler handler, int toClientBytes = 1024 * 1024)
    {
        SimulatedConnection wire = CreateWire(toClientBytes);
        wire.OpenServer();
        ConnectionScope scope = CreateScope(handler);
        Assert.True(scope.Limiter.TryEnter());
        Assert.True(Loop.TryAdopt(scope, SocketHandle.FromModel(wire)));
        return wire;
    }

    /// <summary>A listener of a server of its own.</summary>
    /// <param name="handler">Serves what it accepts.</param>
    /// <param name="maxConnections">The server's.</param>
    /// <param name="closed">Called when the listener has closed.</param>
    /// <param name="place">Chooses loops, given the server's part on this one; null for this one.</param>
    public SimulatedListener Listen(
        ConnectionHandler handler,
        int maxConnections = 100,
        Action? closed = null,
        Func<ServerOnLoop, ConnectionPlacement>? place = null)
    {
        var socket = new SimulatedListener();
        ConnectionScope scope = CreateScope(handler, maxConnections);
        var part = new ServerOnLoop(Loop, scope);
        LoopListener? listener = null;
        scope.Limiter.OnRoom = () => Loop.Post((_, _) => listener!.OnRoom(), null);
        ConnectionPlacement placement = place?.Invoke(part) ?? ConnectionPlacement.Local(part);
        listener = new LoopListener(Loop, placement, scope.Limiter, "rig", fault => throw fault)
        {
            OnClosed = closed,
        };
        listener.Start(SocketHandle.FromModel(socket));
        return socket;
    }

    /// <summary>Turns the loop until it has nothing to do; fails when that does not come.</summary>
    public void Settle()
    {
        for (int turn = 0; _network.HasEvents || !Driver.IsQuiet || Loop.NextDeadline == 0; turn++)
        {
            Assert.True(turn < 10_000, "the loop does not come to rest");
            Turn();
        }
    }

    /// <summary>One turn that does not wait.</summary>
    public void Turn()
    {
        Loop.Post(static (_, _) => { }, null);
        Loop.RunTurn();
        Time.AdvanceTo(Time.Now + (100 * VirtualTime.Microsecond));
        _network.RunDue();
    }

    /// <summary>Lets time pass, with the loop turning.</summary>
    public void Pass(TimeSpan time)
    {
        long end = Time.Now + time.Ticks;
        while (Time.Now < end)
        {
            Time.AdvanceTo(Math.Min(end, Time.Now + (VirtualTime.Second / 10)));
            Turn();
        }
    }

    public static byte[] ReadAll(SimulatedConnection wire)
    {
        byte[] bytes = new byte[wire.ToClient.Available];
        Assert.Equal(bytes.Length, wire.ToClient.Read(bytes));
        return bytes;
    }
}
