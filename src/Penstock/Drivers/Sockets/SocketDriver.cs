using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Penstock.Net;
using Penstock.Timing;

namespace Penstock.Drivers;

/// <summary>
/// Drives <see cref="System.Net.Sockets.Socket"/>, and so runs wherever .NET does, Windows included: asynchronous
/// operations complete on the runtime's threads and are marshalled to the loop.
/// </summary>
/// <remarks>
/// <para>A connection waits with a receive of zero bytes, which completes when there is something to read; the bytes
/// are then received on the loop's thread into the loop's one buffer. Receiving into a buffer of the connection's own
/// would spare a system call, but then every idle connection holds a buffer, which no other driver needs.</para>
/// <para>Sends are tried at once on the loop's thread. Only what the kernel refuses becomes an asynchronous operation,
/// of one piece: the runtime completes such a send when all of it is gone, and a longer one would hide that a slow peer
/// is making progress.</para>
/// <para>Every operation ends with an arrival, also after its socket was closed. A slot is not given up before, so that
/// nothing ever completes for a stranger.</para>
/// </remarks>
internal sealed class SocketDriver : IoDriver
{
    private const int MaxAsyncSendBytes = 16 * 1024;

    private readonly LoopClock _clock;
    private readonly int _capacity;
    private SocketSlot?[] _slots = [];
    private readonly SocketArrivals _arrivals = new();
    private readonly Queue<SocketOperation> _ready = new();
    private readonly List<SocketSlot> _toStart = [];
    private readonly PausedSockets _paused;
    private readonly CompletionQueue _completed = new();
    private readonly byte[] _receiveBuffer;
    private readonly byte[] _gatherBuffer;
    private int _outstanding;

    // Accepting goes on within a turn, but not before the loop has had its say about the last connection.
    private SocketSlot? _accepting;

    public SocketDriver(LoopClock clock, DriverLimits limits)
    {
        _clock = clock;
        _capacity = limits.Slots;
        _paused = new PausedSockets(clock, _completed);
        _receiveBuffer = new byte[Math.Min(limits.ReceiveBufferBytes, limits.MaxReadBytesPerTurn)];
        _gatherBuffer = new byte[limits.ReceiveBufferBytes];
    }

    public override string Description => ".NET sockets";

    public override bool UsesManagedSockets => true;

    public override bool SendsAtOnce => true;

    /// <summary>None: what a paused slot has to read stays in the kernel.</summary>
    public override int PauseOvershootBytes => 0;

    public override void Listen(SlotKey slot, SocketHandle listener) =>
        QueueStart(Open(slot, listener, SlotState.Listening));

    public override void Attach(SlotKey slot, SocketHandle socket) =>
        QueueStart(Open(slot, socket, SlotState.Attached));

    public override void Connect(SlotKey slot, SocketHandle socket, SocketAddress remote)
    {
        SocketSlot entry = Open(slot, socket, SlotState.Connecting);
        entry.Input.RemoteEndPoint = SocketEndPoints.Parse(remote);
        Start(entry.Input, entry.Socket!, static (socket, operation) => socket.ConnectAsync(operation));
    }

    public override void PauseReceive(SlotKey slot)
    {
        if (Find(slot) is not { } entry)
            return;
        entry.ReceivePaused = true;
        _paused.Watch(entry);
    }

    public override void ResumeReceive(SlotKey slot)
    {
        if (Find(slot) is not { } entry)
            return;
        entry.ReceivePaused = false;
        if (entry.InputHeld)
        {
            entry.InputHeld = false;
            Start(entry.Input, isPending: false);
        }
        else
        {
            QueueStart(entry);
        }
    }

    public override unsafe int Send(SlotKey slot, ReadOnlySpan<SendSegment> segments)
    {
        if (Find(slot) is not { } entry)
            return SendPending;
        Debug.Assert(!entry.Output.IsOutstanding, "a send is already outstanding");
        int sent = entry.Socket!.Send(Gather(segments), SocketFlags.None, out SocketError error);
        if (error != SocketError.WouldBlock)
            return error == SocketError.Success ? sent : SocketErrors.ToResult(error);

        entry.Unsent.Set(segments[0].Address, Math.Min(segments[0].Length, MaxAsyncSendBytes));
        entry.Output.SetBuffer(entry.Unsent.Memory);
        Start(entry.Output, entry.Socket, static (socket, operation) => socket.SendAsync(operation));
        return SendPending;
    }

    public override void ShutdownSend(SlotKey slot)
    {
        if (Find(slot) is { } entry)
            entry.ShutdownSend();
    }

    public override void Close(SlotKey slot, CloseMode mode)
    {
        if (Find(slot) is not { } entry)
            return;
        entry.IsClosing = true;
        entry.CloseSocket(mode);
        FreeIfIdle(entry);
    }

    public override void Wait(long deadline)
    {
        // A turn whose budget ended with a newcomer asks for the next one only here.
        AcceptOn();
        StartInputs();
        bool workWaits = !_completed.IsEmpty || _ready.Count > 0;
        _arrivals.Take(_ready, workWaits ? TimeSpan.Zero : _paused.Limit(_clock.Until(deadline)));
        _paused.LookIfDue(isIdle: _ready.Count == 0);
    }

    public override bool TryNext(out Completion completion)
    {
        AcceptOn();
        while (true)
        {
            if (_completed.TryDequeue(out completion))
                return true;
            if (!_ready.TryDequeue(out SocketOperation? operation))
                return false;
            operation.IsOutstanding = false;
            _outstanding--;
            if (Serve(operation, out completion))
                return true;
        }
    }

    public override void Wake() => _arrivals.Wake();

    public override void Dispose()
    {
        foreach (SocketSlot? slot in _slots)
        {
            if (slot is not null && slot.State != SlotState.Free && !slot.IsClosing)
                slot.CloseSocket(CloseMode.Reset);
        }

        // The runtime may be sending from the loop's memory until it says that it is not. Some of it may have been said
        // and not been pulled: nothing more comes for that.
        while (_outstanding > _ready.Count)
            _arrivals.Take(_ready, Timeout.InfiniteTimeSpan);
        _outstanding = 0;
        _ready.Clear();

        foreach (SocketSlot? slot in _slots)
            slot?.Dispose();
    }

    private SocketSlot Open(SlotKey key, SocketHandle handle, SlotState state)
    {
        SlotTable.Reserve(ref _slots, key.Index, _capacity);
        SocketSlot slot = _slots[key.Index] ??= new SocketSlot(_arrivals);
        Debug.Assert(slot.State == SlotState.Free, "the slot is in use");
        Socket socket = handle.Socket
            ?? throw new ArgumentException("This driver works on managed sockets.", nameof(handle));
        socket.Blocking = false;
        slot.Open(key, socket, state);
        return slot;
    }

    private SocketSlot? Find(SlotKey key)
    {
        if ((uint)key.Index < (uint)_slots.Length
            && _slots[key.Index] is { IsClosing: false } slot
            && slot.State != SlotState.Free
            && slot.Key == key)
        {
            return slot;
        }

        StaleEvents++;
        return null;
    }

    /// <summary>
    /// An operation was started; one that completed at once has no arrival and is served like the others.
    /// </summary>
    private void Start(SocketOperation operation, Socket socket, Func<Socket, SocketOperation, bool> begin)
    {
        try
        {
            Start(operation, begin(socket, operation));
        }
        catch (OutOfMemoryException)
        {
            // What the runtime throws when the kernel refuses to watch the socket: it costs this one and no other.
            operation.SocketError = SocketError.NoBufferSpaceAvailable;
            Start(operation, isPending: false);
        }
    }

    private void Start(SocketOperation operation, bool isPending)
    {
        operation.IsOutstanding = true;
        _outstanding++;
        if (!isPending)
            _ready.Enqueue(operation);
    }

    /// <summary>
    /// Before the next wait and not at once: in this turn the others come first, and a pause may still come.
    /// </summary>
    private void QueueStart(SocketSlot slot)
    {
        if (slot.StartQueued)
            return;
        slot.StartQueued = true;
        _toStart.Add(slot);
    }

    private void StartInputs()
    {
        foreach (SocketSlot slot in _toStart)
        {
            slot.StartQueued = false;
            StartInput(slot);
        }

        _toStart.Clear();
    }

    private void AcceptOn()
    {
        if (_accepting is not { } listener)
            return;
        _accepting = null;
        StartInput(listener);
    }

    private void StartInput(SocketSlot slot)
    {
        if (!slot.WantsInput)
            return;
        if (slot.State == SlotState.Listening)
            Start(slot.Input, slot.Socket!, static (socket, operation) => socket.AcceptAsync(operation));
        else
            Start(slot.Input, slot.Socket!, static (socket, operation) => socket.ReceiveAsync(operation));
    }

    private bool Serve(SocketOperation operation, out Completion completion)
    {
        SocketSlot slot = operation.Slot;
        completion = default;
        if (slot.IsClosing)
        {
            FreeIfIdle(slot);
            return false;
        }

        if (operation == slot.Output)
            return ServeSent(slot, out completion);
        return slot.State switch
        {
            SlotState.Listening => ServeAccepted(slot, out completion),
            SlotState.Connecting => ServeConnected(slot, out completion),
            _ => ServeReadable(slot, out completion),
        };
    }

    private static bool ServeSent(SocketSlot slot, out Completion completion)
    {
        SocketError error = slot.Output.SocketError;
        int result = error == SocketError.Success ? slot.Output.BytesTransferred : SocketErrors.ToResult(error);
        completion = Completion.Of(CompletionKind.Sent, slot.Key, result);
        return true;
    }

    private bool ServeAccepted(SocketSlot slot, out Completion completion)
    {
        completion = default;
        if (slot.ReceivePaused)
        {
            slot.InputHeld = true;
            return false;
        }

        if (slot.Input.SocketError != SocketError.Success)
        {
            QueueStart(slot);
            int result = SocketErrors.ToResult(slot.Input.SocketError);
            completion = Completion.Of(CompletionKind.Accepted, slot.Key, result);
            return true;
        }

        completion = Completion.Accepted(slot.Key, SocketHandle.FromSocket(slot.Input.AcceptSocket!));
        slot.Input.AcceptSocket = null;
        _accepting = slot;
        return true;
    }

    private bool ServeConnected(SocketSlot slot, out Completion completion)
    {
        slot.State = SlotState.Attached;
        int result = SocketErrors.ToResult(slot.Input.SocketError);

        // The runtime has one error for an address that is not there and for a path that is not.
        if (result == -Errno.EADDRNOTAVAIL && slot.Input.RemoteEndPoint is UnixDomainSocketEndPoint)
            result = -Errno.ENOENT;
        slot.ReceiveEnded = result < 0;
        _paused.Watch(slot);
        QueueStart(slot);
        completion = Completion.Of(CompletionKind.Connected, slot.Key, result);
        return true;
    }

    private bool ServeReadable(SocketSlot slot, out Completion completion)
    {
        completion = default;
        if (slot.ReceiveEnded)
            return false;
        SocketError error = slot.Input.SocketError;
        if (error == SocketError.Success && slot.ReceivePaused)
        {
            slot.InputHeld = true;
            return false;
        }

        int count = error == SocketError.Success
            ? slot.Socket!.Receive(_receiveBuffer, SocketFlags.None, out error)
            : 0;
        if (error is SocketError.WouldBlock || count > 0)
            QueueStart(slot);
        else
            slot.ReceiveEnded = true;
        if (error == SocketError.WouldBlock)
            return false;
        completion = count > 0
            ? Completion.Received(slot.Key, _receiveBuffer.AsSpan(0, count))
            : Completion.Of(CompletionKind.Received, slot.Key, SocketErrors.ToResult(error));
        return true;
    }

    /// <summary>
    /// One call and one packet for several segments, at the price of a copy; the list that sockets take instead would
    /// have to be made of arrays.
    /// </summary>
    private unsafe ReadOnlySpan<byte> Gather(ReadOnlySpan<SendSegment> segments)
    {
        if (segments.Length == 1)
            return new ReadOnlySpan<byte>((void*)segments[0].Address, segments[0].Length);
        int length = 0;
        foreach (ref readonly SendSegment segment in segments)
        {
            int count = Math.Min(segment.Length, _gatherBuffer.Length - length);
            new ReadOnlySpan<byte>((void*)segment.Address, count).CopyTo(_gatherBuffer.AsSpan(length));
            length += count;
        }

        return _gatherBuffer.AsSpan(0, length);
    }

    private void FreeIfIdle(SocketSlot slot)
    {
        if (!slot.IsIdle)
            return;
        SlotKey key = slot.Key;
        slot.Free();
        _completed.Enqueue(CompletionKind.Closed, key, 0);
    }
}
