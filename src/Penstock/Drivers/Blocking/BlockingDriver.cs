using System.Diagnostics;
using System.Net;
using Penstock.Interop.Posix;
using Penstock.Net;
using Penstock.Polling;
using Penstock.Timing;

namespace Penstock.Drivers;

/// <summary>
/// The classic blocking server behind the contract of <see cref="IoDriver"/>: the thread sleeps until its one
/// connection has something to read, or, without a connection, until there is one to accept.
/// </summary>
/// <remarks>
/// <para>The thread blocks in poll(2), on the socket and on a wake descriptor, and not in recv(2): from that, nothing
/// could wake it but the peer, so a broadcast would wait for the next request and a shutdown for the client's
/// patience.</para>
/// <para>A read may be limited to a number of consecutive slices of <see cref="Slice"/>. The thread wakes for slices
/// only when they are limited: without a limit they would change nothing, and a thousand idle threads would wake fifty
/// thousand times a second.</para>
/// <para>The driver itself would serve any number of slots, at a cost that grows with them; the model, one connection
/// per thread, is made by the size of its loop's slab.</para>
/// </remarks>
internal sealed class BlockingDriver : IoDriver
{
    /// <summary>The unit in which a reader's patience is counted.</summary>
    public static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(20);

    /// <summary>Every thread has a buffer of its own, so it is smaller than the one that a loop shares.</summary>
    private const int MaxReceiveBufferBytes = 16 * 1024;

    private const int MaxAcceptsPerWait = 64;

    private readonly LoopClock _clock;
    private readonly int? _maxEmptySlices;
    private readonly BlockingSlot[] _slots;
    private readonly List<int> _used = [];
    private readonly WakeSignal _wake = WakeSignal.Create();
    private readonly CompletionQueue _completed = new();
    private readonly byte[] _receiveBuffer;

    // What the last wait asked about, the wake signal first, and whose entries they are.
    private readonly PollDescriptor[] _polled;
    private readonly SlotKey[] _polledKeys;
    private int _polledCount;
    private int _next;
    private int _accepted;
    private bool _skippedLastPoll;

    /// <param name="clock">The time of all deadlines.</param>
    /// <param name="limits">Sizes.</param>
    /// <param name="maxEmptySlices">Slices after which a silent peer is given up; null waits without limit.</param>
    public BlockingDriver(LoopClock clock, DriverLimits limits, int? maxEmptySlices)
    {
        _clock = clock;
        _maxEmptySlices = maxEmptySlices;
        _slots = new BlockingSlot[limits.Slots];
        _polled = GC.AllocateArray<PollDescriptor>(limits.Slots + 1, pinned: true);
        _polledKeys = new SlotKey[limits.Slots + 1];
        int size = Math.Min(MaxReceiveBufferBytes, Math.Min(limits.ReceiveBufferBytes, limits.MaxReadBytesPerTurn));
        _receiveBuffer = GC.AllocateUninitializedArray<byte>(size, pinned: true);
    }

    public override string Description => "blocking";

    public override bool SendsAtOnce => true;

    /// <summary>None: what a paused slot has to read stays in the kernel.</summary>
    public override int PauseOvershootBytes => 0;

    public override void Listen(SlotKey slot, SocketHandle listener) => Open(slot, listener, SlotState.Listening);

    public override void Attach(SlotKey slot, SocketHandle socket) => Open(slot, socket, SlotState.Attached);

    public override unsafe void Connect(SlotKey slot, SocketHandle socket, SocketAddress remote)
    {
        Open(slot, socket, SlotState.Connecting);
        int result;
        fixed (byte* address = remote.Buffer.Span)
            result = Libc.Connect(socket.Descriptor, address, (uint)remote.Size);

        // An interrupted connect goes on by itself, like one that says so.
        if (result != -Errno.EINPROGRESS && result != -Errno.EINTR)
            _completed.Enqueue(CompletionKind.Connected, slot, FinishConnect(ref _slots[slot.Index], result));
    }

    public override void PauseReceive(SlotKey slot)
    {
        if (IsInUse(slot))
            _slots[slot.Index].ReceivePaused = true;
    }

    public override void ResumeReceive(SlotKey slot)
    {
        if (!IsInUse(slot))
            return;
        _slots[slot.Index].ReceivePaused = false;
        _slots[slot.Index].StartPatience();
    }

    public override unsafe int Send(SlotKey slot, ReadOnlySpan<SendSegment> segments)
    {
        if (!IsInUse(slot))
            return SendPending;
        ref BlockingSlot entry = ref _slots[slot.Index];
        Debug.Assert(!entry.AwaitingWritable, "a send is already outstanding");
        int sent;
        fixed (SendSegment* first = segments)
            sent = Libc.SendMessage(entry.Descriptor, (IoVector*)first, segments.Length);
        if (sent != -Errno.EAGAIN)
            return sent;
        entry.AwaitingWritable = true;
        return SendPending;
    }

    public override void ShutdownSend(SlotKey slot)
    {
        // A failure means that the connection is already gone, which receiving will report.
        if (IsInUse(slot))
            _ = Libc.Shutdown(_slots[slot.Index].Descriptor, Libc.ShutdownSend);
    }

    public override void Close(SlotKey slot, CloseMode mode)
    {
        if (!IsInUse(slot))
            return;
        ref BlockingSlot entry = ref _slots[slot.Index];
        if (mode == CloseMode.Reset)
            NativeSocket.SetResetOnClose(entry.Descriptor);
        Release(slot.Index);
        _completed.Enqueue(CompletionKind.Closed, slot, 0);
    }

    public override unsafe void Wait(long deadline)
    {
        // What has completed is served first; but the kernel is asked every second time, so that sends which always
        // complete at once cannot keep a connection from being heard.
        _next = _polledCount;
        _skippedLastPoll = !_completed.IsEmpty && !_skippedLastPoll;
        if (_skippedLastPoll)
            return;

        CollectPolled();
        long sliceEnd = _maxEmptySlices is null ? LoopClock.Never : StartSlices();
        TimeSpan wait = _completed.IsEmpty ? _clock.Until(Math.Min(deadline, sliceEnd)) : TimeSpan.Zero;

        // A virtual clock wakes nobody at the end of a slice.
        if (sliceEnd != LoopClock.Never && wait == Timeout.InfiniteTimeSpan)
            wait = Slice;

        int ready;
        fixed (PollDescriptor* first = _polled)
            ready = Libc.Poll(first, (nuint)_polledCount, WaitTimeout.ToMilliseconds(wait));
        if (ready < 0)
            throw new PollerException("cannot wait for the socket", -ready);

        if (_polled[0].Returned != 0)
            _wake.Consume();
        if (_maxEmptySlices is not null)
            CountEmptySlices();
        _next = 1;
        _accepted = 0;
    }

    public override bool TryNext(out Completion completion)
    {
        if (_completed.TryDequeue(out completion))
            return true;
        while (_next < _polledCount)
        {
            if (TryServe(out completion))
                return true;
            _next++;
        }

        return false;
    }

    public override void Wake() => _wake.Raise();

    public override void Dispose()
    {
        while (_used.Count > 0)
            Release(_used[^1]);
        _wake.Dispose();
    }

    private void Open(SlotKey key, SocketHandle socket, SlotState state)
    {
        Debug.Assert(_slots[key.Index].State == SlotState.Free, "the slot is in use");
        _slots[key.Index] = new BlockingSlot
        {
            Descriptor = socket.Descriptor,
            Generation = key.Generation,
            State = state,
        };
        _used.Add(key.Index);
    }

    private void Release(int index)
    {
        _ = Libc.Close(_slots[index].Descriptor);
        _slots[index] = default;
        _used.Remove(index);
    }

    private bool IsInUse(SlotKey key)
    {
        if (IsCurrent(key))
            return true;
        StaleEvents++;
        return false;
    }

    private bool IsCurrent(SlotKey key)
    {
        ref BlockingSlot slot = ref _slots[key.Index];
        return slot.Generation == key.Generation && slot.State != SlotState.Free;
    }

    /// <summary>Lists what this thread waits for.</summary>
    private void CollectPolled()
    {
        _polled[0] = new PollDescriptor { Descriptor = _wake.Descriptor, Requested = (short)ReadinessMask.In };
        _polledCount = 1;
        foreach (int index in _used)
        {
            ref BlockingSlot slot = ref _slots[index];
            uint mask = slot.IsReceiving ? ReadinessMask.In : 0;
            if (slot.AwaitingWritable || slot.State == SlotState.Connecting)
                mask |= ReadinessMask.Out;

            if (slot.AwaitsEnd)
                mask |= ReadinessMask.From(Interest.ReadClosed);

            // poll reports a hang-up whether asked or not, so what nothing is wanted of must not be there at all.
            else if (mask == 0)
                continue;
            _polledKeys[_polledCount] = new SlotKey(index, slot.Generation);
            _polled[_polledCount++] = new PollDescriptor { Descriptor = slot.Descriptor, Requested = (short)mask };
        }
    }

    /// <summary>Gives every reader without a slice its next one; returns when the first of all slices ends.</summary>
    private long StartSlices()
    {
        long first = LoopClock.Never;
        long next = _clock.Now + _clock.ToTimestamps(Slice);
        foreach (int index in _used)
        {
            ref BlockingSlot slot = ref _slots[index];
            if (!slot.IsReading)
                continue;
            slot.SliceEnd ??= next;
            first = Math.Min(first, slot.SliceEnd.Value);
        }

        return first;
    }

    /// <summary>
    /// Takes one completion out of the entry at <see cref="_next"/>, which ends when there is none left in it.
    /// </summary>
    private bool TryServe(out Completion completion)
    {
        completion = default;
        SlotKey key = _polledKeys[_next];
        if (_polled[_next].Returned == 0 || !IsCurrent(key))
            return false;
        ref BlockingSlot slot = ref _slots[key.Index];
        if (slot.State == SlotState.Listening)
            return TryAccept(ref slot, key, out completion);

        if (slot.State == SlotState.Connecting)
        {
            int result = FinishConnect(ref slot, -Libc.GetSocketError(slot.Descriptor));
            completion = Completion.Of(CompletionKind.Connected, key, result);
            _next++;
            return true;
        }

        const uint writable = ReadinessMask.Out | ReadinessMask.Error | ReadinessMask.HangUp;
        if (slot.AwaitingWritable && ((uint)_polled[_next].Returned & writable) != 0)
        {
            // The engine sends again, and what it sends makes room for the replies to what is read after it.
            // The same report must not be taken for room again when that send fills it up.
            slot.AwaitingWritable = false;
            _polled[_next].Returned &= ~(short)ReadinessMask.Out;
            completion = Completion.Of(CompletionKind.Sent, key, 0);
            return true;
        }

        if (slot.AwaitsEnd)
            return TellEnd(ref slot, key, (ushort)_polled[_next].Returned, out completion);

        const uint readable = ReadinessMask.In | ReadinessMask.Error | ReadinessMask.HangUp;
        return ((uint)_polled[_next].Returned & readable) != 0
            && slot.IsReceiving
            && TryReceive(ref slot, key, out completion);
    }

    /// <summary>
    /// The end of a paused connection: of one that broke its owner hears at once, to free it; of one whose peer merely
    /// finished it is told, and the bytes before the end stay for when it is resumed.
    /// </summary>
    private static bool TellEnd(ref BlockingSlot slot, SlotKey key, uint reported, out Completion completion)
    {
        Readiness end = ReadinessMask.ToReadiness(reported);
        completion = default;
        if ((end & (Readiness.ReadClosed | Readiness.HangUp | Readiness.Error)) == 0)
            return false;
        int error = (end & Readiness.Error) != 0 ? Libc.GetSocketError(slot.Descriptor) : 0;
        slot.EndTold = true;
        slot.ReceiveEnded = error > 0;
        completion = error > 0
            ? Completion.Of(CompletionKind.Received, key, -error)
            : Completion.Of(CompletionKind.PeerFinished, key, 0);
        return true;
    }

    private bool TryAccept(ref BlockingSlot slot, SlotKey key, out Completion completion)
    {
        completion = default;
        if (slot.ReceivePaused || _accepted++ >= MaxAcceptsPerWait)
            return false;
        int accepted = NativeSocket.Accept(slot.Descriptor);
        if (accepted == -Errno.EAGAIN)
            return false;
        completion = accepted >= 0
            ? Completion.Accepted(key, SocketHandle.FromDescriptor(accepted))
            : Completion.Of(CompletionKind.Accepted, key, accepted);
        return true;
    }

    private static int FinishConnect(ref BlockingSlot slot, int result)
    {
        slot.State = SlotState.Attached;
        slot.ReceiveEnded = result < 0;
        return result;
    }

    /// <summary>Once per wait, so that a fast peer cannot keep the deadlines and the mailbox from their turn.</summary>
    private unsafe bool TryReceive(ref BlockingSlot slot, SlotKey key, out Completion completion)
    {
        completion = default;
        int count;
        fixed (byte* buffer = _receiveBuffer)
            count = Libc.Receive(slot.Descriptor, buffer, _receiveBuffer.Length);
        if (count == -Errno.EAGAIN)
            return false;

        _next++;
        slot.StartPatience();
        slot.ReceiveEnded = count <= 0;
        completion = count > 0
            ? Completion.Received(key, _receiveBuffer.AsSpan(0, count))
            : Completion.Of(CompletionKind.Received, key, count);
        return true;
    }

    /// <summary>
    /// Counts the slices that ended without a byte, and gives up the readers whose patience is over. What else woke the
    /// thread meanwhile does not make a peer less silent.
    /// </summary>
    private void CountEmptySlices()
    {
        long now = _clock.Now;
        for (int i = 1; i < _polledCount; i++)
        {
            SlotKey key = _polledKeys[i];
            ref BlockingSlot slot = ref _slots[key.Index];
            if (!slot.IsReading || _polled[i].Returned != 0 || slot.SliceEnd > now)
                continue;
            slot.SliceEnd = null;
            if (++slot.EmptySlices < _maxEmptySlices)
                continue;
            slot.ReceiveEnded = true;
            _completed.Enqueue(CompletionKind.Received, key, -Errno.ECANCELED);
        }
    }
}
