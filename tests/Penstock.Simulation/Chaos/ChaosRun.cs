using System.Buffers.Binary;
using System.Runtime.Versioning;
using Penstock.Connections;
using Penstock.Drivers;
using Penstock.Framing;
using Penstock.Loop;
using Penstock.Net;
using Penstock.Polling;
using Penstock.Timing;

namespace Penstock.Simulation.Chaos;

/// <summary>
/// One seed of chaos under the real readiness adapter: real sockets on loopback, a real poller, and between them and
/// the adapter a layer that disturbs both. What is simulated elsewhere is real here, and the other way round.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class ChaosRun : IDisposable
{
    /// <summary>Longer than a kernel probes a window that was closed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SeededGenerator _chance;
    private readonly Trigger _trigger;
    private readonly bool _breaks;
    private readonly ChaosPoller _poller;
    private readonly ChaosSocketCalls _calls;
    private readonly EventLoop _loop;
    private readonly ReadinessDriver _driver;
    private long _lastMove = TimeProvider.System.GetTimestamp();

    public ChaosRun(ulong seed)
    {
        _chance = new SeededGenerator(seed);
        double rate = Math.Pow(10, -_chance.Fraction() * 2.5);
        _breaks = _chance.Chance(0.4);
        Poller inner = CreatePoller(_chance);
        _trigger = ChooseTrigger(inner);
        _poller = new ChaosPoller(inner, _chance, rate * 0.5, mayHold: _trigger != Trigger.OneShot);
        _calls = new ChaosSocketCalls(_chance, rate * 0.5, _breaks, mayCut: _trigger != Trigger.Edge);
        int slots = _chance.Between(1, 6);
        var limits = new DriverLimits(
            EventLoop.SlotsFor(slots),
            MaxReadBytesPerTurn: (int)_chance.Spread(1, 64 * 1024),
            ReceiveBufferBytes: (int)_chance.Spread(64, 64 * 1024));
        _driver = new ReadinessDriver(_poller, _trigger, LoopClock.System, limits, _calls);
        _loop = new EventLoop(0, _driver, LoopClock.System, slots, _chance.Pick(1, 2, 7, 1_024));
    }

    public SimulationResult Run()
    {
        ServerOptions options = DrawOptions();
        using ListenSocket listen = ListenSocket.Open(options, 1);
        var limits = ConnectionLimits.From(options, _loop.Deadlines);
        var scope = new ConnectionScope(new Echo(), limits, new ConnectionLimiter(100));
        using LoopListener listener = Listen(listen, scope);
        List<ChaosClient> clients = [];
        try
        {
            int count = _chance.Between(1, 8);
            for (int i = 0; i < count; i++)
                clients.Add(new ChaosClient(_chance, listen.EndPoint, DrawScript()));
            Serve(clients);
            return Finish(clients);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
            _loop.Shutdown(CloseReason.ServerShutdown);
        }
    }

    public void Dispose() => _driver.Dispose();

    private static Poller CreatePoller(SeededGenerator chance) => chance.Below(3) switch
    {
        0 when OperatingSystem.IsLinux() => new EpollPoller(),
        1 => new SpinPoller(),
        _ => new PollPoller(),
    };

    private Trigger ChooseTrigger(Poller poller)
    {
        Trigger wanted = _chance.Pick(Trigger.Level, Trigger.Edge, Trigger.OneShot, Trigger.Dispatch);
        return poller.Supports(wanted) ? wanted : Trigger.Level;
    }

    private ServerOptions DrawOptions() => new()
    {
        IdleTimeout = Timeout.InfiniteTimeSpan,
        FirstMessageTimeout = Timeout.InfiniteTimeSpan,
        WriteStallTimeout = Timeout.InfiniteTimeSpan,
        MaxSendQueueBytes = (int)_chance.Spread(1, 256 * 1024),
        ResumeSendQueueBytes = 0,
    };

    private LoopListener Listen(ListenSocket listen, ConnectionScope scope)
    {
        var part = new ServerOnLoop(_loop, scope);
        var listener = new LoopListener(
            _loop,
            ConnectionPlacement.Local(part),
            scope.Limiter,
            "chaos",
            fault => throw new InvariantException(fault.Message, fault));
        listener.Start(listen.Take(0, managed: false));
        return listener;
    }

    private byte[] DrawScript()
    {
        byte[] script = new byte[_chance.Spread(4, 300_000)];
        _chance.Fill(script);
        for (int at = 0; at < script.Length;)
        {
            int left = script.Length - at - sizeof(uint);
            if (left < 0)
                return script[..at];
            int length = (int)_chance.Spread(1, left + 1) - 1;
            BinaryPrimitives.WriteInt32LittleEndian(script.AsSpan(at), length);
            at += sizeof(uint) + length;
        }

        return script;
    }

    private void Serve(List<ChaosClient> clients)
    {
        _poller.WhileAsleep = () => StepAll(clients);
        while (clients.Exists(client => !client.IsDone))
        {
            _loop.RunTurn();
            StepAll(clients);
        }
    }

    private bool StepAll(List<ChaosClient> clients)
    {
        bool moved = false;
        foreach (ChaosClient client in clients)
            moved |= client.Step();
        if (moved)
            _lastMove = TimeProvider.System.GetTimestamp();
        InvariantException.Require(
            TimeProvider.System.GetElapsedTime(_lastMove) < Patience,
            $"the loop sleeps while its clients wait, over {_driver.Description}");
        if (clients.TrueForAll(client => client.IsDone))
            _poller.WhileAsleep = null;
        return moved;
    }

    private SimulationResult Finish(List<ChaosClient> clients)
    {
        foreach (ChaosClient client in clients)
        {
            InvariantException.Require(
                _breaks || client.IsComplete,
                $"a client got {client.Echoed} bytes back and no more over {_driver.Description}");
        }

        return new SimulationResult(
            Connections: clients.Count,
            Bytes: clients.Sum(client => (long)client.Echoed),
            Faults: _poller.Disturbances + _calls.Disturbances,
            Turns: _loop.Statistics.Turns,
            VirtualTime: default);
    }

    private sealed class Echo : FrameHandler<LengthPrefixDecoder>
    {
        protected override void OnFrame(Connection connection, ReadOnlySpan<byte> frame) =>
            LengthPrefix.Write(connection, frame);
    }
}
