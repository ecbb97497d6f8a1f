using System.Net;
using Penstock.Drivers;
using Penstock.Net;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Driving;

/// <summary>
/// A driver whose kernel is a <see cref="SimulatedNetwork"/>. It keeps the contract of <see cref="IoDriver"/> and uses
/// all the freedom that the contract leaves: any order between slots, any piece sizes, completions as late as it likes.
/// And it checks the loop's side of the contract at every call.
/// </summary>
internal sealed class SimulatedDriver : IoDriver, INetworkTarget
{
    private const int MaxOvershoot = 4096;

    private readonly SimulatedNetwork _network;
    private readonly SeededGenerator _chance;
    private readonly FaultPlan _faults;
    private readonly DriverSlot?[] _slots;
    private readonly uint[] _lastGeneration;
    private readonly List<DriverSlot> _ready = [];
    private readonly SimulatedKernel _kernel;
    private bool _woken;

    public SimulatedDriver(SimulatedNetwork network, int slots, int receiveBufferBytes)
    {
        _network = network;
        _chance = network.Chance;
        _faults = network.Faults;
        _slots = new DriverSlot?[slots];
        _lastGeneration = new uint[slots];
        _kernel = new SimulatedKernel(network, receiveBufferBytes);
    }

    public override string Description => "simulated";

    public override int PauseOvershootBytes => MaxOvershoot;

    /// <summary>The loop waits without limit and nothing will ever happen.</summary>
    public bool IsDead { get; private set; }

    /// <summary>How often a send is answered by its call, where the network takes something now.</summary>
    public double AnswersAtOnce { get; init; }

    /// <summary>No slot may have something to complete now.</summary>
    public bool IsQuiet => _ready.Count == 0;

    /// <summary>What every wait throws from now on: the kernel has failed, and the loop cannot go on.</summary>
    public Exception? WaitFailure { get; set; }

    /// <summary>What every close throws from now on.</summary>
    public Exception? CloseFailure { get; set; }

    /// <summary>No close comes to its end as long as this is so.</summary>
    public bool WithholdsCloses
    {
        get;
        set
        {
            field = value;
            foreach (DriverSlot? slot in _slots)
            {
                if (slot is { IsClosing: true })
                    MarkReady(slot);
            }
        }
    }

    /// <summary>Completions that were pulled.</summary>
    public long Completions { get; private set; }

    /// <summary>Called before the clock is moved because the loop has nothing to do.</summary>
    public Action? GoingToSleep { get; set; }

    public int SlotsInUse => _slots.Count(slot => slot is not null);

    /// <summary>The use that a slot has now, or null.</summary>
    public DriverSlot? Find(SlotKey key) => _slots[key.Index] is { } slot && slot.Key == key ? slot : null;

    public override void Listen(SlotKey slot, SocketHandle listener)
    {
        var model = (SimulatedListener)listener.Model!;
        DriverSlot added = Add(new DriverSlot(slot) { Listener = model });
        model.Arrived = () => MarkReady(added);
    }

    public override void Attach(SlotKey slot, SocketHandle socket) => AddConnection(slot, socket);

    public override void Connect(SlotKey slot, SocketHandle socket, SocketAddress remote)
    {
        DriverSlot added = AddConnection(slot, socket);
        added.IsConnecting = true;
        added.ConnectDue = _network.Time.Now + _chance.Spread(VirtualTime.Microsecond, VirtualTime.Second);
        if (_faults.Strikes(Fault.ConnectError))
            added.ConnectResult = -_chance.Pick(Errno.ECONNREFUSED, Errno.ETIMEDOUT, Errno.EHOSTUNREACH);
        _network.Schedule(added.ConnectDue, this, 0, (long)slot.Packed);
    }

    public override void PauseReceive(SlotKey slot)
    {
        DriverSlot paused = Require(slot);
        if (paused.IsPaused)
            return;
        paused.IsPaused = true;
        if (!_faults.Strikes(Fault.PauseOvershoot))
            return;
        paused.Overshoot = paused.Connection is null
            ? 1
            : Math.Min(paused.Connection.ToServer.Available, MaxOvershoot);
    }

    public override void ResumeReceive(SlotKey slot)
    {
        DriverSlot resumed = Require(slot);
        resumed.IsPaused = false;
        resumed.Overshoot = 0;
        resumed.ResumedAt = _network.Time.Now;
        MarkReady(resumed);
    }

    public override int Send(SlotKey slot, ReadOnlySpan<SendSegment> segments)
    {
        DriverSlot sender = Require(slot);
        InvariantException.Require(!sender.IsClosing, $"a send on {slot} after its close");
        InvariantException.Require(!sender.IsConnecting, $"a send on {slot} before it is connected");
        sender.StartSend(segments);
        if (sender.SendStalledSince == 0)
            sender.SendStalledSince = _network.Time.Now;
        sender.SendDue = _network.Time.Now;
        if (_chance.Chance(AnswersAtOnce) && _kernel.TrySend(sender, out Completion done))
        {
            if (done.Result != 0)
                return done.Result;

            // Nothing was taken, which only a completion may say.
            sender.StartSend(segments);
        }

        if (_faults.Strikes(Fault.DelayedSend))
        {
            sender.SendDue += _chance.Spread(VirtualTime.Microsecond, VirtualTime.Second);
            _network.Schedule(sender.SendDue, this, 0, (long)slot.Packed);
        }

        MarkReady(sender);
        return SendPending;
    }

    public override void ShutdownSend(SlotKey slot)
    {
        DriverSlot finished = Require(slot);
        InvariantException.Require(!finished.IsSending, $"FIN on {slot} with a send outstanding");
        finished.Connection!.ShutdownServer();
    }

    public override void Close(SlotKey slot, CloseMode mode)
    {
        if (CloseFailure is not null)
            throw CloseFailure;
        DriverSlot closed = Require(slot);
        InvariantException.Require(!closed.IsClosing, $"a second close of {slot}");
        closed.IsClosing = true;
        closed.CloseMode = mode;
        closed.CloseDue = _network.Time.Now;
        if (_faults.Strikes(Fault.SlowClose))
        {
            closed.CloseDue += _chance.Spread(VirtualTime.Microsecond, 100 * VirtualTime.Millisecond);
            _network.Schedule(closed.CloseDue, this, 0, (long)slot.Packed);
        }
        else
        {
            // The kernel closes at once; that it did is learnt later.
            SimulatedKernel.Close(closed);
        }

        MarkReady(closed);
    }

    public override void Wait(long deadline)
    {
        if (WaitFailure is not null)
            throw WaitFailure;
        VirtualTime time = _network.Time;
        time.AdvanceTo(time.Now + _chance.Between(1, 20) * VirtualTime.Microsecond);
        if (_faults.Strikes(Fault.ClockJump))
            time.AdvanceTo(time.Now + _chance.Spread(VirtualTime.Millisecond, 120 * VirtualTime.Second));
        _network.RunDue();
        if (_ready.Count == 0 && !_woken && time.Now < deadline)
            GoingToSleep?.Invoke();
        while (_ready.Count == 0 && !_woken && time.Now < deadline && !_faults.Strikes(Fault.SpuriousWake))
        {
            long next = Math.Min(deadline, _network.NextTime);
            if (next == long.MaxValue)
            {
                IsDead = true;
                break;
            }

            time.AdvanceTo(next);
            _network.RunDue();
        }

        _woken = false;
    }

    public override bool TryNext(out Completion completion)
    {
        _kernel.EndReceived();
        if (_faults.Strikes(Fault.StaleCompletion) && TryMakeStale(out completion))
            return true;
        while (_ready.Count > 0)
        {
            int choice = _chance.Below(_ready.Count);
            DriverSlot slot = _ready[choice];
            if (TryComplete(slot, out completion))
            {
                Completions++;
                return true;
            }

            slot.IsReady = false;
            _ready[choice] = _ready[^1];
            _ready.RemoveAt(_ready.Count - 1);
        }

        completion = default;
        return false;
    }

    public override void Wake() => _woken = true;

    public override void Dispose()
    {
        foreach (DriverSlot? slot in _slots)
        {
            slot?.Listener?.Dispose();
            if (slot?.Connection is { IsServerOpen: true } connection)
                connection.CloseServer(CloseMode.Graceful);
        }
    }

    /// <summary>A slot's time has come.</summary>
    public void Happen(int what, long argument)
    {
        if (Find(SlotKey.Unpack((ulong)argument)) is { } slot)
            MarkReady(slot);
    }

    private DriverSlot AddConnection(SlotKey key, SocketHandle socket)
    {
        var model = (SimulatedConnection)socket.Model!;
        DriverSlot added = Add(new DriverSlot(key) { Connection = model });
        model.ServerChanged = () => MarkReady(added);
        model.ToClient.Drained = model.ServerChanged;
        return added;
    }

    private DriverSlot Add(DriverSlot added)
    {
        SlotKey key = added.Key;
        InvariantException.Require(_slots[key.Index] is null, $"{key} is taken into use before its slot is free");
        InvariantException.Require(
            key.Generation > _lastGeneration[key.Index], $"{key} has the generation of an earlier use");
        _lastGeneration[key.Index] = key.Generation;
        _slots[key.Index] = added;
        MarkReady(added);
        return added;
    }

    private DriverSlot Require(SlotKey key) =>
        Find(key) ?? throw new InvariantException($"a call for {key}, which is not in use");

    private void MarkReady(DriverSlot slot)
    {
        if (slot.IsReady)
            return;
        slot.IsReady = true;
        _ready.Add(slot);
    }

    private bool TryComplete(DriverSlot slot, out Completion completion)
    {
        completion = default;
        if (_slots[slot.Key.Index] != slot)
            return false;
        if (slot.IsClosing && !WithholdsCloses && slot.CloseDue <= _network.Time.Now)
        {
            completion = FinishClose(slot);
            return true;
        }

        return _kernel.TryProceed(slot, out completion);
    }

    private Completion FinishClose(DriverSlot slot)
    {
        SimulatedKernel.Close(slot);
        _slots[slot.Key.Index] = null;
        return Completion.Of(CompletionKind.Closed, slot.Key, 0);
    }

    /// <summary>As if an event for a slot's earlier use were still on its way.</summary>
    private bool TryMakeStale(out Completion completion)
    {
        int index = _chance.Below(_slots.Length);
        completion = default;
        if (_lastGeneration[index] == 0)
            return false;
        uint generation = _slots[index] is null ? _lastGeneration[index] : _lastGeneration[index] - 1;
        var kind = _chance.Pick(CompletionKind.Received, CompletionKind.Sent, CompletionKind.Closed);
        completion = Completion.Of(kind, new SlotKey(index, generation), _chance.Between(-200, 0));
        return true;
    }
}
