using System.Net;
using System.Runtime.CompilerServices;
using Penstock.Loop;
using Penstock.Net;
using Penstock.Simulation.Checks;
using Penstock.Simulation.Clients;
using Penstock.Simulation.Driving;
using Penstock.Simulation.Network;
using Penstock.Timing;

namespace Penstock.Simulation;

/// <summary>
/// One run of one scenario under one seed: a real <see cref="EventLoop"/> over a simulated driver, turned by hand, with
/// every invariant checked after every turn.
/// </summary>
internal sealed class SimulationRun
{
    private const int MaxTurns = 100_000;

    private readonly SimulatedNetwork _network;
    private readonly SimulationSettings _settings;
    private readonly LoopInvariants _invariants;
    private readonly List<ServerUnderTest> _servers = [];
    private readonly List<ModelClient> _clients = [];
    private readonly List<Task> _connecting = [];
    private readonly List<ConnectionRecord> _records = [];
    private readonly BackgroundTimers _timers;
    private InvariantException? _violation;

    public SimulationRun(Scenario scenario, ulong seed, FaultPlan? faults = null)
    {
        Scenario = scenario;
        Chance = new SeededGenerator(seed);
        Faults = faults ?? FaultPlan.Draw(Chance);
        Faults.Use(Chance);
        if (scenario.HandlersPause)
            Faults.With(Fault.HandlerPause, 0).With(Fault.PostedWork, 0);
        _settings = SimulationSettings.Draw(Chance);
        _network = new SimulatedNetwork(new VirtualTime(), Chance, Faults);
        _network.Time.AdvanceTo(VirtualTime.Second);
        int slots = EventLoop.SlotsFor(_settings.LoopConnections);
        Driver = new SimulatedDriver(_network, slots, _settings.ReceiveBufferBytes)
        {
            AnswersAtOnce = Chance.Pick(0, 0.5, 1),
        };
        var clock = new LoopClock(_network.Time);
        Loop = new EventLoop(0, Driver, clock, _settings.LoopConnections, _settings.MaxEventsPerTurn);
        _timers = new BackgroundTimers(Loop, Driver, _network);
        _invariants = new LoopInvariants(this);
        Driver.GoingToSleep = _invariants.CheckBeforeSleep;
    }

    public Scenario Scenario { get; }

    public SeededGenerator Chance { get; }

    public FaultPlan Faults { get; }

    public SimulatedDriver Driver { get; }

    public EventLoop Loop { get; }

    public IReadOnlyList<ServerUnderTest> Servers => _servers;

    /// <summary>The connections that are open, by their handlers' account.</summary>
    public List<ConnectionRecord> OpenRecords { get; } = [];

    public VirtualTime Time => _network.Time;

    public int ReceiveBufferBytes => _settings.ReceiveBufferBytes;

    /// <summary>Runs to the end, or throws what was violated.</summary>
    public SimulationResult Run()
    {
        SynchronizationContext? outer = SynchronizationContext.Current;
        try
        {
            SynchronizationContext.SetSynchronizationContext(new LoopSynchronizationContext(Loop));
            return RunToEnd();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
            Scenario.Dispose();
        }
    }

    /// <summary>
    /// Runs work on the loop again and again, as servers do for what is not a connection's; until the run ends, or
    /// nothing but timers would ever happen.
    /// </summary>
    public void StartTimer(TimeSpan period, Action work) => _timers.Start(period, work);

    private SimulationResult RunToEnd()
    {
        Scenario.Begin(this);
        StartServers();
        StartClients();
        Serve();
        StopServers();
        LetClientsFinish();
        CheckEnd();
        return new SimulationResult(
            Connections: _records.Count,
            Bytes: _network.CarriedBytes,
            Faults: Faults.Total,
            Turns: Loop.Statistics.Turns,
            VirtualTime: TimeSpan.FromTicks(_network.Time.Now));
    }

    /// <summary>
    /// Remembers the first violation: an exception alone could end in the engine, which survives its handlers.
    /// </summary>
    public InvariantException Violate(string message) => _violation ??= new InvariantException(message);

    public void Require(
        bool condition, [InterpolatedStringHandlerArgument(nameof(condition))] ref ViolationMessage message)
    {
        if (!condition)
            throw Violate(message.ToString());
    }

    public void Opened(ConnectionRecord record)
    {
        _records.Add(record);
        OpenRecords.Add(record);
    }

    public void Closed(ConnectionRecord record)
    {
        OpenRecords.Remove(record);
        CloseReasonRules.Check(this, record);
    }

    /// <summary>Somebody ends the connection from its own loop.</summary>
    public void EndByHandler(ConnectionRecord record)
    {
        if (record.Connection.State < ConnectionState.Draining)
            record.WasAskedToClose = true;
        if (Chance.Chance(0.5))
            record.Connection.Close();
        else
            record.Connection.Abort();
    }

    /// <summary>Pauses a connection, to be resumed from another thread after a while.</summary>
    public void PauseByHandler(ConnectionRecord record)
    {
        record.Connection.Pause();
        record.IsPausedByHandler = true;
        long due = _network.Time.Now + Chance.Spread(VirtualTime.Microsecond, 20 * VirtualTime.Second);
        _network.Schedule(due, new PostedAction(() => Post(record, ResumeByHandler)), 0);
    }

    /// <summary>What a handler does that has to wait, for something that is there at once.</summary>
    public bool HesitatePerhaps(ConnectionRecord record)
    {
        if (!Faults.Strikes(Fault.HandlerHesitate))
            return false;
        record.Connection.Pause();
        record.IsPausedByHandler = true;
        ResumeByHandler(record);
        return true;
    }

    private void StartServers()
    {
        for (int i = 0; i < _settings.Servers; i++)
        {
            ServerOptions options = _settings.DrawOptions(Chance);
            Scenario.Adjust(options);
            _servers.Add(new ServerUnderTest(this, i, options, listeners: Chance.Between(i == 0 ? 1 : 0, 2)));
        }
    }

    private void StartClients()
    {
        for (int i = 0; i < _settings.Clients; i++)
        {
            ServerUnderTest server = _servers[Chance.Below(_servers.Count)];
            long due = _network.Time.Now + Chance.Spread(VirtualTime.Microsecond, _settings.ConnectWithin);
            _network.Schedule(due, new PostedAction(() => StartClient(server)), 0);
        }
    }

    private void StartClient(ServerUnderTest server)
    {
        var connection = new SimulatedConnection(
            _network, _settings.DrawCapacity(Chance), _settings.DrawCapacity(Chance));
        ModelClient client = Scenario.CreateClient(server, _network, connection);
        _clients.Add(client);
        if (server.Listeners.Count == 0)
            ConnectFromLoop(server, client);
        else
            server.Listeners[Chance.Below(server.Listeners.Count)].Connect(connection);
        client.Poke();
        if (Faults.Strikes(Fault.NetworkBreak))
            BreakLater(connection);
    }

    private void BreakLater(SimulatedConnection connection)
    {
        long due = _network.Time.Now + Chance.Spread(VirtualTime.Microsecond, 10 * VirtualTime.Second);
        int errno = Chance.Pick(Errno.ECONNRESET, Errno.ETIMEDOUT, Errno.EHOSTUNREACH);
        _network.Schedule(due, new PostedAction(() => connection.Break(errno)), 0);
    }

    /// <summary>As <see cref="LoopGroup.ConnectAsync"/> does it, with a socket that is a model.</summary>
    private void ConnectFromLoop(ServerUnderTest server, ModelClient client)
    {
        var connected = new TaskCompletionSource<ConnectionId>();
        _connecting.Add(connected.Task);
        Loop.Post(
            (_, _) =>
            {
                if (!server.IsStopping && server.Limiter.TryEnter())
                {
                    var remote = new SocketAddress(System.Net.Sockets.AddressFamily.InterNetwork);
                    client.Connection.OpenServer();
                    Loop.Connect(server.Scope, SocketHandle.FromModel(client.Connection), remote, connected);
                    return;
                }

                connected.SetCanceled();
                client.Connection.Abandon();
            },
            null);
    }

    private void Serve()
    {
        int stopAt = _settings.StopsMidway ? Chance.Between(1, 400) : int.MaxValue;
        for (int turn = 0; !Driver.IsDead && !(turn > _settings.Clients && ClientsAreDone()); turn++)
        {
            if (turn == stopAt)
                Loop.Post((_, _) => _servers[0].Stop(), null);
            Require(
                turn < MaxTurns,
                $"it did not end in {MaxTurns} turns, at {TimeSpan.FromTicks(Loop.Now)}, "
                + $"with {OpenRecords.Count} connections open, {_clients.Count(c => !c.IsDone)} clients busy "
                + $"and {_network.CarriedBytes} bytes carried");
            Turn();
        }
    }

    private bool ClientsAreDone() =>
        _clients.Count == _settings.Clients && _clients.TrueForAll(client => client.IsDone);

    private void StopServers()
    {
        _timers.Stop();
        if (_settings.EndsAbruptly)
        {
            Loop.Shutdown(CloseReason.ServerShutdown);
            ThrowIfViolated();
            return;
        }

        foreach (ServerUnderTest server in _servers)
            Loop.Post((_, _) => server.Stop(), null);
        long resetAt = _network.Time.Now + (30 * VirtualTime.Second);
        bool reset = false;
        for (int turn = 0; _servers.Exists(server => !server.IsStopped); turn++)
        {
            Require(turn < MaxTurns, $"the servers did not stop");
            if (!reset && (_network.Time.Now >= resetAt || Driver.IsDead))
            {
                reset = true;
                Loop.Post((_, _) => Loop.ForEachConnection(null, Reset), null);
            }

            Turn();
        }

        Loop.Shutdown(CloseReason.ServerShutdown);
        ThrowIfViolated();

        static void Reset(Connection connection) =>
            connection.CloseNow(CloseReason.ServerShutdown, Drivers.CloseMode.Reset);
    }

    private void LetClientsFinish()
    {
        Faults.Heal();
        while (_network.HasEvents)
        {
            _network.Time.AdvanceTo(_network.NextTime);
            _network.RunDue();
        }

        foreach (ModelClient client in _clients)
            Require(client.IsDone,
            $"a client was left waiting, with {client.ReceivedBytes} bytes of replies to {client.SentBytes}");
    }

    private void Turn()
    {
        Loop.RunTurn();
        ThrowIfViolated();
        _invariants.CheckAfterTurn();
        ThrowIfViolated();
        _timers.StopIfAlone();
        Interfere();
    }

    /// <summary>What other threads do: post work for connections, some of which have ended.</summary>
    private void Interfere()
    {
        if (_records.Count == 0)
            return;
        ConnectionRecord record = _records[Chance.Below(_records.Count)];
        if (Faults.Strikes(Fault.PostedClose) || Faults.Strikes(Fault.PostedAbort))
            Post(record, EndByHandler);
        if (Faults.Strikes(Fault.PostedWork))
            Post(record, Chance.Chance(0.5) ? PauseByHandler : ResumeByHandler);
    }

    private void ResumeByHandler(ConnectionRecord record)
    {
        if (record.IsPausedByHandler && record.Connection.State == ConnectionState.Open)
            record.LastResumedAt = record.WaitingSince = Loop.Now;
        record.IsPausedByHandler = false;
        record.Connection.Resume();
    }

    private void Post(ConnectionRecord record, Action<ConnectionRecord> work) =>
        Loop.Post(
            (_, _) => LoopGroup.RunOn(
                Loop,
                record.Id,
                connection =>
                {
                    Require(!record.IsClosed && connection.Id == record.Id,
                    $"work for {record} reached {connection.Id}");
                    work(record);
                }),
            null);

    private void ThrowIfViolated()
    {
        if (_violation is not null)
            throw _violation;
    }

    private void CheckEnd()
    {
        Require(OpenRecords.Count == 0, $"{OpenRecords.Count} connections were opened and not closed");
        Require(Loop.ConnectionCount == 0, $"{Loop.ConnectionCount} connection slots leaked");
        Require(Driver.SlotsInUse == 0, $"{Driver.SlotsInUse} driver slots leaked");
        Require(_network.OpenServerSockets == 0, $"{_network.OpenServerSockets} sockets leaked");
        Require(Loop.Blocks.RentedBytes == 0, $"{Loop.Blocks.RentedBytes} bytes of send blocks leaked");
        Require(Loop.Deadlines.Next == LoopClock.Never, $"a deadline outlived its connection");
        Require(Loop.Statistics.OpenConnections == 0, $"the count of open connections is wrong");
        Require(_connecting.TrueForAll(task => task.IsCompleted), $"an attempt to connect never ended");
        foreach (ServerUnderTest server in _servers)
            Require(server.Limiter.Count == 0 && server.Scope.Count == 0, $"{server.Name} still counts connections");
        foreach (ConnectionRecord record in _records)
            ConversationRules.Check(this, record);
        Scenario.CheckEnd(_records);
        ThrowIfViolated();
    }

    private sealed class PostedAction(Action action) : INetworkTarget
    {
        public void Happen(int what, long argument) => action();
    }
}
