using System.Net;
using Penstock.Interop.Linux;
using Penstock.Interop.Posix;
using Penstock.Net;
using Penstock.Polling;
using Penstock.Timing;

namespace Penstock.Drivers;

/// <summary>
/// The completions of <see cref="IoDriver"/> as the kernel itself makes them: multishot accepts and receives that stand
/// until they are cancelled, and one <c>io_uring_enter</c> a turn that submits what was asked for and waits.
/// </summary>
/// <remarks>
/// <para>Accepts and receives are started and cancelled once before the enter, according to what each slot's state asks
/// for by then, so that a pause and a resume in one turn cost nothing. The same place starts a receive again that the
/// kernel ended by itself: because no buffer was free (ENOBUFS; the buffers of a turn are back by its end), or because
/// the completion ring overflowed.</para>
/// <para>Closing is a protocol. A descriptor is closed only when the kernel holds no operation of its slot: until then
/// an operation could still write into memory, or its completion name a slot that is another's by now.</para>
/// </remarks>
internal sealed class IoUringDriver : IoDriver
{
    private const int MaxDisposeRounds = 100;
    private static readonly TimeSpan DisposePatience = TimeSpan.FromMilliseconds(10);

    private readonly IoUringRing _ring;
    private readonly ReceiveBufferRing _buffers;
    private readonly IoUringSlots _slots;
    private readonly StandingOperations _standing;
    private readonly IoUringSends _sends;
    private readonly SubmissionMemory _memory;
    private readonly WakeSignal _wake;
    private readonly LoopClock _clock;
    private readonly CompletionQueue _completed = new();
    private readonly AcceptedBacklog _accepted = new();
    private bool _wakeArmed;
    private bool _isDisposed;

    /// <exception cref="IoUringException">This machine has no io_uring that would do, or forbids it.</exception>
    public IoUringDriver(IoUringSizes sizes, LoopClock clock, DriverLimits limits)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limits.Slots, OperationKey.MaxSlots);
        sizes = sizes.LimitedTo(in limits);
        _clock = clock;
        _slots = new IoUringSlots(limits.Slots, _completed);
        _ring = IoUringRing.Create(sizes.SubmissionEntries, sizes.CompletionEntries);
        try
        {
            _buffers = ReceiveBufferRing.Create(_ring, in sizes);
            _wake = WakeSignal.CreateEvent();
        }
        catch
        {
            _buffers?.Dispose();
            _ring.Dispose();
            throw;
        }

        _standing = new StandingOperations(_ring, _slots);
        _memory = new SubmissionMemory(_ring);
        _sends = new IoUringSends(_ring, _slots, _memory, _completed);
    }

    public override string Description => "io_uring";

    /// <summary>
    /// All receive buffers: a pause takes effect with the next enter, so what arrives after it was received before, and
    /// lies in buffers.
    /// </summary>
    public override int PauseOvershootBytes => _buffers.TotalBytes;

    /// <summary>Receives that found no free buffer and were started again.</summary>
    public long ReceivesWithoutBuffer { get; private set; }

    /// <summary>Enters after which completions had to wait in the kernel.</summary>
    public long CompletionOverflows => _ring.Overflows;

    public override void Listen(SlotKey slot, SocketHandle listener) =>
        _slots.Add(slot, listener.Descriptor, IoUringSlotState.Listening);

    public override void Attach(SlotKey slot, SocketHandle socket) =>
        _slots.Add(slot, socket.Descriptor, IoUringSlotState.Attached);

    public override void Connect(SlotKey slot, SocketHandle socket, SocketAddress remote)
    {
        _slots.Add(slot, socket.Descriptor, IoUringSlotState.Connecting);
        if (_ring.TryMakeRoom() && _memory.TryAddAddress(remote, out nint address))
        {
            _ring.Submissions.Add(IoUringOperations.Connect(socket.Descriptor, address, remote.Size, slot));
            _slots[slot].InFlight |= Operations.Connect;

            // The one operation that does not wait for the turn's end: its round trip can pass meanwhile.
            _ring.Submit();
            return;
        }

        EndConnecting(ref _slots[slot], -Errno.EAGAIN);
        _completed.Enqueue(CompletionKind.Connected, slot, -Errno.EAGAIN);
    }

    public override void PauseReceive(SlotKey slot) => SetPaused(slot, true);

    public override void ResumeReceive(SlotKey slot) => SetPaused(slot, false);

    public override int Send(SlotKey slot, ReadOnlySpan<SendSegment> segments)
    {
        if (IsOpen(slot))
            _sends.Send(slot, segments);
        return SendPending;
    }

    public override void ShutdownSend(SlotKey slot)
    {
        if (!IsOpen(slot))
            return;
        ref IoUringSlot entry = ref _slots[slot];
        if (!entry.IsSending)
            _ = Libc.Shutdown(entry.Descriptor, Libc.ShutdownSend);
        else
            entry.ShutdownFollows = true;
    }

    public override void Close(SlotKey slot, CloseMode mode)
    {
        if (!IsOpen(slot))
            return;
        ref IoUringSlot entry = ref _slots[slot];
        if (mode == CloseMode.Reset)
            NativeSocket.SetResetOnClose(entry.Descriptor);
        entry.State = IoUringSlotState.Closing;
        if (!_slots.TryFinishClose(slot))
            _slots.Changed(slot);
    }

    public override void Wait(long deadline)
    {
        _buffers.ReturnLent();
        _accepted.StartTurn();

        // Completions that the last turn had no budget for come first; fetching more would only fill their ring.
        if (!_ring.Completions.IsEmpty)
        {
            if (_ring.Submissions.Pending > 0)
                _ring.Submit();
            return;
        }

        StartAndCancel();
        bool workWaits = !_completed.IsEmpty || !_accepted.IsEmpty || _sends.AwaitSettling;
        _ring.SubmitAndFetch(workWaits ? TimeSpan.Zero : _clock.Until(deadline));
    }

    public override bool TryNext(out Completion completion)
    {
        while (true)
        {
            _buffers.ReturnLent();
            if (_completed.TryDequeue(out completion))
                return true;
            if (!_ring.Completions.TryTake(out IoUringCompletion entry))
                return TryTakeAccepted(out completion);
            if (Serve(entry, out completion))
                return true;
        }
    }

    public override void Wake() => _wake.Raise();

    /// <summary>
    /// Closes every slot by the protocol: the memory that receives write into must outlive them, and a ring that is
    /// merely closed ends its operations some time later.
    /// </summary>
    public override void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        bool quiet = TryCloseAll();
        _wake.Dispose();
        if (quiet)
            _buffers.Dispose();
        _ring.Dispose();
        _accepted.Clear();
        _slots.CloseRemaining();
    }

    private void StartAndCancel()
    {
        if (!_wakeArmed)
            _wakeArmed = _ring.TryAdd(IoUringOperations.AwaitWake(_wake.Descriptor));
        _standing.Apply();
    }

    /// <summary>What an operation's completion means to the loop; false when that is nothing.</summary>
    private bool Serve(IoUringCompletion entry, out Completion completion)
    {
        (Operations operation, SlotKey slot) = OperationKey.Unpack(entry.UserData);
        completion = default;
        switch (operation)
        {
            case Operations.Receive or Operations.ReceiveOnce:
                return Received(operation, slot, entry, out completion);
            case Operations.Accept:
                return Accepted(slot, entry, out completion);
            case Operations.Connect:
                return Connected(slot, entry, out completion);
            case Operations.None:
                OnWake(entry);
                return false;
            case Operations.Send:
                // Noted when it arrived.
                return false;
            default:
                if (IsCurrent(slot))
                    Note(operation, slot, entry);
                return false;
        }
    }

    private void Note(Operations operation, SlotKey key, IoUringCompletion entry)
    {
        ref IoUringSlot slot = ref _slots[key];
        if (operation == Operations.AwaitRoom)
        {
            _sends.OnRoom(key);
        }
        else if (operation == Operations.AwaitEnd)
        {
            slot.EndAnnounced |= entry.Result != -Errno.ECANCELED;
            _slots.TellEnd(key);
            Ended(operation, key);
        }
        else
        {
            // A cancellation found nothing. Mostly the operation has ended meanwhile; but one that the kernel is just
            // about to go on with cannot be found either, and must not be waited for in vain.
            slot.Cancelled &= ~operation;
            _slots.Changed(key);
        }
    }

    private void OnWake(IoUringCompletion entry)
    {
        _wakeArmed = entry.HasMore;
        _wake.Acknowledge();
    }

    private bool Received(Operations operation, SlotKey key, IoUringCompletion entry, out Completion completion)
    {
        // Before anything else: the buffer has to come back also when its bytes are for nobody.
        ReadOnlySpan<byte> data = entry.HasBuffer ? _buffers.Lend(entry) : default;
        int result = entry.Result;
        completion = result > 0 ? Completion.Received(key, data) : Completion.Of(CompletionKind.Received, key, result);
        if (!IsCurrent(key))
            return false;

        ref IoUringSlot slot = ref _slots[key];
        bool isOutcome = slot.IsReceiving && !IsTransient(result) && result != -Errno.ENOBUFS;
        slot.ReceiveEnded |= isOutcome && result <= 0;
        slot.HasReceived |= result > 0;
        if (result == -Errno.ENOBUFS)
            FoundNoBuffer(ref slot, key);
        if (!entry.HasMore)
            Ended(operation, key);
        return isOutcome;
    }

    /// <summary>The receive ends and is started again, by when the buffers of this turn are back.</summary>
    private void FoundNoBuffer(ref IoUringSlot slot, SlotKey key)
    {
        ReceivesWithoutBuffer++;
        if (!slot.HasReceived)
            _slots.Starved(key);
        slot.HasReceived = false;
    }

    private bool Accepted(SlotKey key, IoUringCompletion entry, out Completion completion)
    {
        completion = Completion.Of(CompletionKind.Accepted, key, entry.Result);
        bool isCurrent = IsCurrent(key);
        if (isCurrent && !entry.HasMore)
            Ended(Operations.Accept, key);
        if (entry.Result < 0)
            return isCurrent && IsListening(key) && !IsTransient(entry.Result);
        return HandOver(key, SocketHandle.FromDescriptor(entry.Result), out completion);
    }

    private bool HandOver(SlotKey listener, SocketHandle socket, out Completion completion)
    {
        completion = Completion.Accepted(listener, socket);
        if (!IsListening(listener))
        {
            socket.Close();
            return false;
        }

        bool passes = _accepted.IsEmpty && _accepted.TryPass();
        if (!passes)
            _accepted.Keep(listener, socket);
        return passes;
    }

    private bool TryTakeAccepted(out Completion completion)
    {
        while (_accepted.TryTake(out SlotKey listener, out SocketHandle socket))
        {
            completion = Completion.Accepted(listener, socket);
            if (IsListening(listener))
                return true;
            socket.Close();
        }

        completion = default;
        return false;
    }

    private bool IsListening(SlotKey key) =>
        _slots.IsCurrent(key) && _slots[key].State == IoUringSlotState.Listening;

    private bool Connected(SlotKey key, IoUringCompletion entry, out Completion completion)
    {
        completion = Completion.Of(CompletionKind.Connected, key, entry.Result);
        if (!IsCurrent(key))
            return false;
        ref IoUringSlot slot = ref _slots[key];
        bool isOutcome = slot.State == IoUringSlotState.Connecting;
        if (isOutcome)
            EndConnecting(ref slot, entry.Result);
        Ended(Operations.Connect, key);
        return isOutcome;
    }

    private static void EndConnecting(ref IoUringSlot slot, int result)
    {
        slot.State = IoUringSlotState.Attached;
        slot.ReceiveEnded = result < 0;
    }

    /// <summary>The kernel has nothing more to say of the operation; if it is still wanted it starts again.</summary>
    private void Ended(Operations operation, SlotKey key)
    {
        ref IoUringSlot slot = ref _slots[key];
        slot.InFlight &= ~operation;
        slot.Cancelled &= ~operation;
        if (!_slots.TryFinishClose(key))
            _slots.Changed(key);
    }

    /// <summary>The operation was cancelled or interrupted, and that is all; if it is wanted it starts again.</summary>
    private static bool IsTransient(int result) =>
        result == -Errno.ECANCELED || result == -Errno.EAGAIN || result == -Errno.EINTR;

    private void SetPaused(SlotKey key, bool paused)
    {
        if (IsOpen(key))
            _slots.SetPaused(key, paused);
    }

    private bool IsOpen(SlotKey key)
    {
        if (_slots.IsCurrent(key) && _slots[key].State != IoUringSlotState.Closing)
            return true;
        StaleEvents++;
        return false;
    }

    private bool IsCurrent(SlotKey key)
    {
        if (_slots.IsCurrent(key))
            return true;
        StaleEvents++;
        return false;
    }

    private bool TryCloseAll()
    {
        try
        {
            foreach (SlotKey key in _slots.ListKeys())
                Close(key, CloseMode.Graceful);
            for (int round = 0; _slots.Count > 0 && round < MaxDisposeRounds; round++)
            {
                StartAndCancel();
                _ring.SubmitAndFetch(DisposePatience);
                while (TryNext(out _))
                {
                }
            }
        }
        catch (IoUringException)
        {
            // The ring is broken, which is why it is being freed; whoever saw it break has reported it.
        }

        return _slots.Count == 0;
    }
}
