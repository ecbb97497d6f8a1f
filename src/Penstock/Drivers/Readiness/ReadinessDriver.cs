using System.Diagnostics;
using System.Net;
using Penstock.Interop.Posix;
using Penstock.Net;
using Penstock.Polling;
using Penstock.Timing;

namespace Penstock.Drivers;

/// <summary>
/// Turns the readiness that any <see cref="Poller"/> reports into the completions of <see cref="IoDriver"/>: accepts,
/// receives into one buffer for the whole loop, sends at once and waits for writability only when the kernel is full.
/// </summary>
/// <remarks>
/// Changes of interest are collected and told to the poller once, before the next wait, so that a pause and a resume in
/// one turn cost nothing and the steady state makes no registration call at all. Every event is a hint: EAGAIN is an
/// answer like any other.
/// </remarks>
internal sealed class ReadinessDriver : IoDriver
{
    /// <summary>Accepts per event: a storm of newcomers must not stop the traffic of those that are in.</summary>
    private const int MaxAcceptsPerEvent = 64;

    private readonly ReadinessSlots _slots;
    private readonly ReadinessEvents _events;
    private readonly Poller _poller;
    private readonly SocketCalls _calls;
    private readonly Trigger _trigger;
    private readonly int _maxReadBytesPerEvent;
    private readonly byte[] _receiveBuffer;
    private readonly nint _receiveAddress;
    private readonly CompletionQueue _completed = new();

    private bool _skippedLastPoll;

    // The event being served: one event can yield several completions.
    private SlotKey _serving;
    private Readiness _pending;
    private int _servedAmount;

    public unsafe ReadinessDriver(
        Poller poller, Trigger trigger, LoopClock clock, DriverLimits limits, SocketCalls? calls = null)
    {
        if (!poller.Supports(trigger))
            throw new NotSupportedException($"{poller.Name} has no {TriggerNames.Of(trigger)} trigger.");
        _poller = poller;
        _calls = calls ?? SocketCalls.Native;
        _trigger = trigger;
        _slots = new ReadinessSlots(poller, trigger, limits.Slots);
        _events = new ReadinessEvents(poller, clock);
        _maxReadBytesPerEvent = limits.MaxReadBytesPerTurn;
        _receiveBuffer = GC.AllocateUninitializedArray<byte>(limits.ReceiveBufferBytes, pinned: true);
        fixed (byte* first = _receiveBuffer)
            _receiveAddress = (nint)first;
    }

    public override string Description => $"{_poller.Name}, {TriggerNames.Of(_trigger)}-triggered";

    /// <summary>None: a paused slot is not read, even when its event is already here.</summary>
    public override int PauseOvershootBytes => 0;

    public override bool SendsAtOnce => true;

    public override void Listen(SlotKey slot, SocketHandle listener) =>
        _slots.Add(slot, listener.Descriptor, SlotState.Listening);

    public override void Attach(SlotKey slot, SocketHandle socket)
    {
        int result = _slots.TryAdd(slot, socket.Descriptor, SlotState.Attached);
        if (result < 0)
            _completed.Enqueue(CompletionKind.Received, slot, result);
    }

    public override unsafe void Connect(SlotKey slot, SocketHandle socket, SocketAddress remote)
    {
        int result;
        fixed (byte* address = remote.Buffer.Span)
            result = Libc.Connect(socket.Descriptor, address, (uint)remote.Size);

        // An interrupted connect goes on by itself, like one that says so.
        bool inProgress = result == -Errno.EINPROGRESS || result == -Errno.EINTR;
        int refusal = _slots.TryAdd(slot, socket.Descriptor, inProgress ? SlotState.Connecting : SlotState.Attached);
        if (refusal < 0 || !inProgress)
            FinishConnect(ref _slots[slot], slot, refusal < 0 ? refusal : result);
    }

    public override void PauseReceive(SlotKey slot)
    {
        if (!IsInUse(slot))
            return;
        _slots[slot].ReceivePaused = true;
        _slots.Changed(slot);
    }

    public override void ResumeReceive(SlotKey slot)
    {
        if (!IsInUse(slot))
            return;
        _slots[slot].ReceivePaused = false;
        _slots.Changed(slot);
    }

    public override unsafe int Send(SlotKey slot, ReadOnlySpan<SendSegment> segments)
    {
        if (!IsInUse(slot))
            return SendPending;
        ref ReadinessSlot entry = ref _slots[slot];
        Debug.Assert(!entry.AwaitingWritable, "a send is already outstanding");
        if (entry.SendBufferFull)
            return AwaitWritable(ref entry, slot);

        int sent;
        fixed (SendSegment* first = segments)
        {
            // send() spares the kernel the copy of a message header, and one segment is the usual case.
            sent = segments.Length == 1
                ? _calls.Send(entry.Descriptor, (byte*)first->Address, first->Length)
                : _calls.SendMessage(entry.Descriptor, (IoVector*)first, segments.Length);
        }

        if (sent == -Errno.EAGAIN)
            return AwaitWritable(ref entry, slot);
        entry.SendBufferFull = sent >= 0 && sent < SendSegment.TotalLength(segments);
        return sent;
    }

    public override void ShutdownSend(SlotKey slot)
    {
        // A failure means that the connection is already gone, which receiving will report.
        if (IsInUse(slot))
            _ = Libc.Shutdown(_slots[slot].Descriptor, Libc.ShutdownSend);
    }

    public override void Close(SlotKey slot, CloseMode mode)
    {
        if (!IsInUse(slot))
            return;
        ref ReadinessSlot entry = ref _slots[slot];
        if (mode == CloseMode.Reset)
            NativeSocket.SetResetOnClose(entry.Descriptor);
        _slots.Release(slot);
        _completed.Enqueue(CompletionKind.Closed, slot, 0);
    }

    public override void Wait(long deadline)
    {
        // An event that the turn's budget cut off is served first: an edge would not be reported again.
        if (_events.AwaitsWork || _pending != Readiness.None)
            return;

        // Completions are waiting, so there is nothing to wait for; but the kernel is asked every second time, so that
        // a connection whose sends always complete at once cannot keep the others from being heard.
        bool workWaits = !_completed.IsEmpty || _events.HasCarriedOver;
        if (workWaits && !_skippedLastPoll)
        {
            _skippedLastPoll = true;
            _events.ServeCarriedOver();
            return;
        }

        _skippedLastPoll = false;
        _slots.ApplyChanges(_completed);
        _events.Poll(workWaits || !_completed.IsEmpty ? 0 : deadline);
    }

    public override bool TryNext(out Completion completion)
    {
        while (true)
        {
            if (_completed.TryDequeue(out completion))
                return true;
            if (_pending == Readiness.None && !TakeEvent())
                return false;
            if (Serve(out completion))
                return true;
        }
    }

    public override void Wake() => _poller.Wake();

    public override void Dispose()
    {
        _slots.ReleaseAll();
        _poller.Dispose();
    }

    private bool TakeEvent()
    {
        if (!_events.TryTake(out PollEvent next))
            return false;
        _serving = SlotKey.Unpack(next.Key);
        _pending = next.Readiness;
        _servedAmount = 0;
        if (_trigger is Trigger.OneShot or Trigger.Dispatch && _slots.IsCurrent(_serving))
        {
            _slots[_serving].Disarmed = true;
            _slots.Changed(_serving);
        }

        return true;
    }

    /// <summary>Takes one completion out of the event being served, or ends it.</summary>
    private bool Serve(out Completion completion)
    {
        if (!_slots.IsCurrent(_serving))
        {
            StaleEvents++;
            _pending = Readiness.None;
            completion = default;
            return false;
        }

        ref ReadinessSlot slot = ref _slots[_serving];
        return slot.State switch
        {
            SlotState.Listening => Accept(ref slot, out completion),
            SlotState.Connecting => ServeConnecting(ref slot, out completion),
            _ => ServeAttached(ref slot, out completion),
        };
    }

    private bool Accept(ref ReadinessSlot slot, out Completion completion)
    {
        completion = default;
        if (slot.ReceivePaused)
        {
            DropUntilResumed(ref slot);
            return false;
        }

        if (_servedAmount++ >= MaxAcceptsPerEvent)
        {
            EndEvent(carryOver: true);
            return false;
        }

        int accepted = _calls.Accept(slot.Descriptor);
        if (accepted == -Errno.EAGAIN)
        {
            EndEvent(carryOver: false);
            return false;
        }

        completion = accepted >= 0
            ? Completion.Accepted(_serving, SocketHandle.FromDescriptor(accepted))
            : Completion.Of(CompletionKind.Accepted, _serving, accepted);
        return true;
    }

    private bool ServeConnecting(ref ReadinessSlot slot, out Completion completion)
    {
        slot.ErrorAnnounced |= _poller.TakesErrors && (_pending & (Readiness.Error | Readiness.HangUp)) != 0;
        _pending = Readiness.None;
        completion = default;
        int error = slot.PendingError(usual: Errno.ECONNREFUSED);

        // No error is no success yet: the event is a hint, and a poller that guesses gives it at once.
        if (error != 0 || NativeSocket.IsConnected(slot.Descriptor))
            FinishConnect(ref slot, _serving, -error);
        return false;
    }

    private void FinishConnect(ref ReadinessSlot slot, SlotKey key, int result)
    {
        slot.State = SlotState.Attached;
        slot.ReceiveEnded = result < 0;
        _slots.Changed(key);
        _completed.Enqueue(CompletionKind.Connected, key, result);
    }

    /// <summary>
    /// Writability comes first: what waits to go out makes room for the replies to what is about to come in.
    /// </summary>
    private bool ServeAttached(ref ReadinessSlot slot, out Completion completion)
    {
        const Readiness broken = Readiness.Error | Readiness.HangUp;
        if (slot.AwaitingWritable && (_pending & (Readiness.Writable | broken)) != 0)
        {
            _pending &= ~Readiness.Writable;
            slot.AwaitingWritable = false;
            slot.SendBufferFull = false;
            _slots.Changed(_serving);
            completion = Completion.Of(CompletionKind.Sent, _serving, 0);
            return true;
        }

        bool readable = (_pending & (Readiness.Readable | Readiness.ReadClosed | broken)) != 0;
        if (readable && !slot.ReceivePaused && !slot.ReceiveEnded)
            return Receive(ref slot, out completion);
        return ReportEnd(ref slot, out completion);
    }

    private unsafe bool Receive(ref ReadinessSlot slot, out Completion completion)
    {
        completion = default;
        slot.ErrorAnnounced |= _poller.TakesErrors && (_pending & Readiness.Error) != 0;
        int count = _calls.Receive(slot.Descriptor, (byte*)_receiveAddress, _receiveBuffer.Length);
        if (count == -Errno.EAGAIN)
        {
            EndEvent(carryOver: false);
            return false;
        }

        if (count <= 0)
        {
            if (count == 0)
                count = -slot.PendingError(usual: Errno.ECONNRESET);
            slot.ReceiveEnded = true;
            _slots.Changed(_serving);
            EndEvent(carryOver: false);
            completion = Completion.Of(CompletionKind.Received, _serving, count);
            return true;
        }

        EndEventIfServed(count);
        completion = Completion.Received(_serving, _receiveBuffer.AsSpan(0, count));
        return true;
    }

    /// <summary>
    /// A short read emptied the socket, which spares the call that would only say EAGAIN. A full one may have left
    /// more: it is read in this turn up to the limit, so that one fast sender cannot starve the others. An
    /// edge-triggered event that announced the peer's FIN is read to its end, because no further edge would come.
    /// </summary>
    private void EndEventIfServed(int count)
    {
        _servedAmount += count;
        bool finComes = _trigger == Trigger.Edge && (_pending & (Readiness.ReadClosed | Readiness.HangUp)) != 0;
        if (count < _receiveBuffer.Length && !finComes)
            EndEvent(carryOver: false);
        else if (_servedAmount >= _maxReadBytesPerEvent)
            EndEvent(carryOver: true);
    }

    /// <summary>
    /// The end of a paused connection: one that broke is reported, so that its owner can free it; of one whose peer
    /// merely finished the owner is told, and what there is to read stays for when it is resumed.
    /// </summary>
    private bool ReportEnd(ref ReadinessSlot slot, out Completion completion)
    {
        Readiness reported = _poller.Guesses ? StreamEnd.Look(slot.Descriptor) : _pending;
        slot.ErrorAnnounced |= _poller.TakesErrors && (reported & Readiness.Error) != 0;
        DropUntilResumed(ref slot);
        completion = default;
        if (slot.ReceiveEnded)
            return false;
        if ((reported & Readiness.Error) != 0 && slot.PausedError() is > 0 and int errno)
        {
            slot.ReceiveEnded = true;
            completion = Completion.Of(CompletionKind.Received, _serving, -errno);
        }
        else if ((reported & (Readiness.ReadClosed | Readiness.HangUp)) != 0 && !slot.EndTold)
        {
            slot.EndTold = true;
            completion = Completion.Of(CompletionKind.PeerFinished, _serving, 0);
        }
        else
        {
            return false;
        }

        _slots.Changed(_serving);
        return true;
    }

    /// <summary>Only an edge-triggered poller forgets what was not read; the others report it again.</summary>
    private void EndEvent(bool carryOver)
    {
        if (carryOver && _trigger == Trigger.Edge)
            _events.CarryOver(new PollEvent(_serving.Packed, _pending));
        _pending = Readiness.None;
    }

    /// <summary>
    /// Drops an event that a pause made useless. An edge does not come twice, so resuming must register again, which
    /// makes the poller look at the socket anew.
    /// </summary>
    private void DropUntilResumed(ref ReadinessSlot slot)
    {
        slot.Disarmed |= _trigger == Trigger.Edge;
        EndEvent(carryOver: false);
    }

    private int AwaitWritable(ref ReadinessSlot slot, SlotKey key)
    {
        slot.AwaitingWritable = true;
        _slots.Changed(key);
        return SendPending;
    }

    private bool IsInUse(SlotKey key)
    {
        if (_slots.IsCurrent(key))
            return true;
        StaleEvents++;
        return false;
    }
}
