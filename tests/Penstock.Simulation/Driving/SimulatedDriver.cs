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
/// <remarks>
/// Bytes to send are read when they are taken and not when the send is made, as io_uring does it, so that memory given
/// back too early shows. Received bytes are overwritten as soon as the contract says that they are not valid any more.
/// </remarks>
internal sealed class SimulatedDriver : IoDriver, INetworkTarget
{
    private const int MaxOvershoot = 4096;
    private const byte Poison = 0xDD;

    private readonly SimulatedNetwork _network;
    private readonly SeededGenerator _chance;
    private readonly FaultPlan _faults;
    private readonly DriverSlot?[] _slots;
    private readonly uint[] _lastGeneration;
    private readonly List<DriverSlot> _ready = [];
    private readonly byte[] _buffer;
    private int _lastLength;
    private bool _woken;

    public SimulatedDriver(SimulatedNetwork network, int slots, int receiveBufferBytes)
    {
        _network = network;
        _chance = network.Chance;
        _faults = network.Faults;
        _slots = new DriverSlot?[slots];
        _lastGeneration = new uint[slots];
        _buffer = new byte[receiveBufferBytes];
    }

    public override string Description => "simulated";

    public override int PauseOvershootBytes => MaxOvershoot;

    /// <summary>The loop waits without limit and nothing will ever happen.</summary>
    public bool IsDead { get; private set; }

    /// <summary>No slot may have something to complete now.</summary>
    public bool IsQuiet => _ready.Count == 0;

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
            CloseInKernel(closed);
        }

        MarkReady(closed);
    }

    public override void Wait(long deadline)
    {
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
        _buffer.AsSpan(0, _lastLength).Fill(Poison);
        _lastLength = 0;
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
        InvariantException.Require(key.Generation > _lastGeneration[key.Index], $"{key} has the generation of an earlier use");
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
        if (slot.IsClosing && slot.CloseDue <= _network.Time.Now)
        {
            completion = FinishClose(slot);
            return true;
        }

        if (slot.Listener is not null)
            return TryAccept(slot, slot.Listener, out completion);
        if (!slot.Connection!.IsServerOpen)
            return false;
        if (slot.IsConnecting)
            return TryConnect(slot, out completion);
        return _chance.Chance(0.5)
            ? TrySend(slot, out completion) || TryReceive(slot, out completion)
            : TryReceive(slot, out completion) || TrySend(slot, out completion);
    }

    private Completion FinishClose(DriverSlot slot)
    {
        CloseInKernel(slot);
        _slots[slot.Key.Index] = null;
        return Completion.Of(CompletionKind.Closed, slot.Key, 0);
    }

    private static void CloseInKernel(DriverSlot slot)
    {
        if (slot.Listener is { IsOpen: true })
            slot.Listener.Dispose();
        if (slot.Connection is { IsServerOpen: true })
            slot.Connection.CloseServer(slot.CloseMode);
    }

    private bool TryAccept(DriverSlot slot, SimulatedListener listener, out Completion completion)
    {
        completion = default;
        if (!listener.HasWaiting || (slot.IsPaused && slot.Overshoot-- <= 0))
            return false;
        if (_faults.Strikes(Fault.AcceptError))
        {
            int errno = _chance.Pick(
                Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM, Errno.ENOBUFS, Errno.ECONNABORTED, Errno.EPROTO, Errno.EPERM);
            if (errno == Errno.ECONNABORTED || errno == Errno.EPROTO)
                listener.Take().Abandon();
            completion = Completion.Of(CompletionKind.Accepted, slot.Key, -errno);
            return true;
        }

        SimulatedConnection accepted = listener.Take();
        accepted.OpenServer();
        completion = Completion.Accepted(slot.Key, SocketHandle.FromModel(accepted));
        return true;
    }

    private bool TryConnect(DriverSlot slot, out Completion completion)
    {
        completion = default;
        if (_network.Time.Now < slot.ConnectDue)
            return false;
        slot.IsConnecting = false;
        slot.ReceiveEnded = slot.ConnectResult < 0;
        completion = Completion.Of(CompletionKind.Connected, slot.Key, slot.ConnectResult);
        return true;
    }

    private bool TryReceive(DriverSlot slot, out Completion completion)
    {
        completion = default;
        SimulatedConnection connection = slot.Connection!;
        bool blocked = slot.IsPaused && slot.Overshoot <= 0;
        if (slot.ReceiveEnded || (blocked && connection.ServerError == 0))
            return false;
        if (connection.ToServer.Available > 0 && !blocked)
        {
            completion = Receive(slot, connection.ToServer);
            return true;
        }

        if (connection.ServerError == 0 && !connection.ToServer.IsAtEnd)
            return false;
        slot.ReceiveEnded = true;
        completion = Completion.Of(CompletionKind.Received, slot.Key, -connection.ServerError);
        return true;
    }

    private Completion Receive(DriverSlot slot, SimulatedStream stream)
    {
        int most = Math.Min(stream.Available, _buffer.Length);
        if (slot.IsPaused)
            most = Math.Min(most, slot.Overshoot);
        if (_faults.Strikes(Fault.OneByteReceive))
            most = 1;
        else if (_faults.Strikes(Fault.ShortReceive))
            most = _chance.Between(1, most);
        _lastLength = stream.Read(_buffer.AsSpan(0, most));
        slot.Overshoot -= _lastLength;
        slot.DeliveredBytes += _lastLength;
        return Completion.Received(slot.Key, _buffer.AsSpan(0, _lastLength));
    }

    private bool TrySend(DriverSlot slot, out Completion completion)
    {
        completion = default;
        if (!slot.IsSending || _network.Time.Now < slot.SendDue)
            return false;
        if (slot.Connection!.ServerError != 0)
        {
            int errno = _chance.Chance(0.5) ? slot.Connection.ServerError : Errno.EPIPE;
            completion = EndSend(slot, -errno);
            return true;
        }

        if (_faults.Strikes(Fault.EmptySend))
        {
            completion = EndSend(slot, 0);
            return true;
        }

        if (slot.Connection.ToClient.Room == 0)
            return false;
        completion = EndSend(slot, Transmit(slot, slot.Connection.ToClient));
        return true;
    }

    private Completion EndSend(DriverSlot slot, int result)
    {
        slot.EndSend();
        if (result > 0)
            slot.SendStalledSince = 0;
        return Completion.Of(CompletionKind.Sent, slot.Key, result);
    }

    private unsafe int Transmit(DriverSlot slot, SimulatedStream stream)
    {
        int most = Math.Min(SendSegment.TotalLength(slot.Segments), stream.Room);
        if (_faults.Strikes(Fault.PartialSend))
            most = _chance.Between(1, most);
        int left = most;
        foreach (ref readonly SendSegment segment in slot.Segments)
        {
            int count = Math.Min(left, segment.Length);
            left -= stream.Write(new ReadOnlySpan<byte>((void*)segment.Address, count));
        }

        return most;
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
