using System.Buffers;
using System.Net;
using System.Runtime.CompilerServices;
using Penstock.Connections;
using Penstock.Drivers;
using Penstock.Net;

namespace Penstock;

/// <summary>
/// One connection, as its handler sees it. What is written is staged and leaves in one send, at the latest when the
/// turn ends.
/// </summary>
/// <remarks>
/// <para>Every member except <see cref="Id"/> belongs to the connection's loop: call it from the handler, or from work
/// that <see cref="LoopGroup.Post(ConnectionId, Action{Connection})"/> brought there. The object is reused for another
/// connection once <see cref="ConnectionHandler.OnClosed"/> has returned; keep the <see cref="Id"/>, not the object.
/// </para>
/// <para>Writing never fails and never blocks: what is written to a connection that is closing is discarded, and the
/// handler learns of the end from <see cref="ConnectionHandler.OnClosed"/>.</para>
/// </remarks>
public sealed partial class Connection : IBufferWriter<byte>
{
    /// <summary>Where the benchmark FanOut finds a copy and a reference to cost the same.</summary>
    private const int LargestCopiedPayload = 256;

    private readonly ConnectionLoop _loop;
    private ConnectionScope _scope = null!;
    private SocketHandle _socket;
    private ConnectionOutput _output;
    private ConnectionInput _input;
    private FlowControl _flow;
    private EndPoint? _remoteEndPoint;
    private ConnectionSocket? _sharedSocket;

    internal Connection(ConnectionLoop loop)
    {
        _loop = loop;
        _output = new ConnectionOutput(this, loop);
        _input = new ConnectionInput(this, loop);
        _flow = new FlowControl(this);
    }

    /// <summary>Names this connection from any thread, also after it has ended.</summary>
    public ConnectionId Id => new(_loop.Index, Key);

    /// <summary>Where the connection is in its life.</summary>
    public ConnectionState State { get; private set; } = ConnectionState.Closed;

    /// <summary>Anything the handler wants to keep with the connection. Cleared when the connection ends.</summary>
    public object? UserState { get; set; }

    /// <summary>Payloads that <see cref="SlowConsumerPolicy.DropOldest"/> has dropped for this peer.</summary>
    public long DroppedPayloads => _output.DroppedPayloads;

    /// <summary>
    /// Whether the peer has finished sending, as far as is known: also while receiving is paused and what it sent
    /// before has yet to be shown. It may still read.
    /// </summary>
    public bool PeerHasFinished => _input.IsEndNoted;

    /// <summary>Bytes staged for the peer that the kernel has not taken yet.</summary>
    public int UnsentBytes => _output.Staged.Length;

    /// <summary>
    /// Whether the handler should go on with what it has: false when the connection is paused, closing, or more waits
    /// for the peer than <see cref="ConnectionOptions.MaxSendQueueBytes"/>. A handler that works through many requests
    /// in one call asks before each; what it leaves is shown again when there is room.
    /// </summary>
    public bool WantsInput => _flow.WantsInput;

    /// <summary>
    /// Whether a producer should go on writing: false when the connection is closing, or more waits for the peer than
    /// <see cref="ConnectionOptions.MaxSendQueueBytes"/>, or than there is memory for. One that stops here goes on with
    /// <see cref="ConnectionHandler.OnDrained"/>.
    /// </summary>
    public bool HasRoom => State == ConnectionState.Open && _flow.HasRoom;

    /// <summary>
    /// How much may wait for the peer at the very most: half of
    /// <see cref="LoopOptions.MaxMemoryForConnections"/>, and 1 GiB. A connection for which more is written is closed
    /// with <see cref="CloseReason.MemoryExhausted"/>, so a handler that has to write a long reply in one go, and
    /// cannot mind <see cref="HasRoom"/>, looks at this first.
    /// </summary>
    public long MostUnsentBytes => _loop.Blocks.LongestQueue;

    /// <summary>
    /// Whether the connection ends with a reset instead of FIN, however it ends; for a handler that is within a message
    /// which the peer would take for whole when it sees an ordinary end. As with what is written, a change comes too
    /// late once the connection is closing. Starts false.
    /// </summary>
    public bool ResetOnClose
    {
        get => _resetOnClose;
        set
        {
            AssertOnLoop();
            if (AcceptsOutput)
                _resetOnClose = value;
        }
    }

    /// <summary>The peer's address, asked of the kernel once; null when it is not known any more.</summary>
    public EndPoint? RemoteEndPoint => _remoteEndPoint ??= HasSocket ? SocketEndPoints.Remote(_socket) : null;

    /// <summary>Our end's address; null when it is not known any more.</summary>
    public EndPoint? LocalEndPoint => HasSocket ? SocketEndPoints.Local(_socket) : null;

    /// <summary>The loop that serves this connection. Any thread.</summary>
    public EventLoopContext Loop => _loop.Context;

    /// <summary>Whether the caller is on this connection's loop, as the other members ask. Any thread.</summary>
    public bool IsOnLoop => _loop.IsOnLoop;

    /// <summary>The connection's socket for other threads: take it on the loop, use it anywhere.</summary>
    public ConnectionSocket Socket => _sharedSocket ??= new ConnectionSocket(_socket, isRetired: !HasSocket);

    internal SlotKey Key { get; private set; }

    internal int MaxMessageBytes => _scope.Limits.MaxMessageBytes;

    internal ConnectionScope Scope => _scope;

    /// <summary>After the close the descriptor's number may be somebody else's.</summary>
    private bool HasSocket => State < ConnectionState.Closing;

    private bool AcceptsOutput => State == ConnectionState.Open;

    internal ConnectionLoop OwnLoop => _loop;

    /// <summary>Memory that what was received and not consumed takes.</summary>
    internal int StoredBytes => _input.StoredBytes;

    /// <summary>Memory that the connection takes, apart from itself.</summary>
    internal long HeldBytes => (long)UnsentBytes + StoredBytes;

    /// <summary>
    /// Since when its message has been without an end, or its peer has taken nothing of what it is sent; far in the
    /// future when it is neither.
    /// </summary>
    internal long StuckSince => Math.Min(
        StoredBytes > 0 ? _input.StoredSince : long.MaxValue,
        _output.IsSending ? _output.SendingSince : long.MaxValue);

    internal ref FlowControl Flow => ref _flow;

    internal ref ConnectionInput Input => ref _input;

    internal ref ConnectionOutput Output => ref _output;

    internal ConnectionDeadlines Deadlines => new(_loop, Key.Index);

    /// <summary>Stages a copy of <paramref name="bytes"/> behind what was written before.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        AssertOnLoop();
        if (!AcceptsOutput)
            return;
        _output.Staged.Write(bytes);
        MarkDirty();
    }

    /// <summary>
    /// Stages a payload behind what was written before. Takes a reference of its own instead of a copy, unless the
    /// payload is so small that the copy is cheaper; one that may be dropped later is never copied.
    /// </summary>
    public void Send(SharedPayload payload)
    {
        AssertOnLoop();
        ArgumentNullException.ThrowIfNull(payload);
        if (!AcceptsOutput)
            return;
        if (payload.Length <= LargestCopiedPayload && _scope.Limits.SlowConsumer != SlowConsumerPolicy.DropOldest)
            _output.Staged.Write(payload.Span);
        else
            _output.Staged.Write(payload);
        MarkDirty();
        _flow.Look();
    }

    /// <summary>At least <paramref name="sizeHint"/> bytes to write to, valid until the next call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> GetSpan(int sizeHint = 0) =>
        AcceptsOutput ? _output.Staged.GetSpan(sizeHint) : _loop.Scratch(sizeHint).Span;

    /// <inheritdoc cref="GetSpan"/>
    public Memory<byte> GetMemory(int sizeHint = 0) =>
        AcceptsOutput ? _output.Staged.GetMemory(sizeHint) : _loop.Scratch(sizeHint);

    /// <summary>Stages the first <paramref name="count"/> bytes of what <see cref="GetSpan"/> gave out.</summary>
    public void Advance(int count)
    {
        AssertOnLoop();
        if (!AcceptsOutput)
            return;
        _output.Staged.Advance(count);
        MarkDirty();
    }

    /// <summary>
    /// Stops receiving, until <see cref="Resume"/>; for a handler that cannot take more now. What arrives meanwhile
    /// waits in the kernel and slows the peer down. The idle timeout rests.
    /// </summary>
    public void Pause()
    {
        AssertOnLoop();
        _flow.Pause(PauseCauses.Handler);
    }

    /// <summary>
    /// Receives again, and first shows the handler what it had left: by the end of the turn, and also when it is
    /// resumed within <see cref="ConnectionHandler.OnReceived"/> and leaves something then. Does nothing unless paused.
    /// </summary>
    public void Resume()
    {
        AssertOnLoop();
        _flow.Resume(PauseCauses.Handler);
    }

    /// <summary>
    /// Keeps what is staged, now and later, from being sent until <see cref="ReleaseOutput"/>; for a handler whose
    /// replies may not be seen before something else is done, as a write to disk. Holds nest. What is held counts as
    /// waiting for the peer, so receiving pauses at <see cref="ConnectionOptions.MaxSendQueueBytes"/>; closing waits
    /// for the release too.
    /// </summary>
    public void HoldOutput()
    {
        AssertOnLoop();
        _output.Holds++;
    }

    /// <summary>Ends one <see cref="HoldOutput"/>; the last one lets go what was staged meanwhile.</summary>
    /// <exception cref="InvalidOperationException">Nothing is held.</exception>
    public void ReleaseOutput()
    {
        AssertOnLoop();
        if (_output.Holds == 0)
            throw new InvalidOperationException("The connection's output is not held.");
        if (--_output.Holds == 0)
            MarkDirty();
    }

    /// <summary>
    /// Closes the connection once everything staged so far is sent. What arrives meanwhile is discarded; after our FIN
    /// the peer has <see cref="ConnectionOptions.LingerTimeout"/> to send its own, because closing a socket with unread
    /// bytes resets it and would take the last replies along.
    /// </summary>
    public void Close() => Drain(CloseReason.LocalClose);

    /// <summary>As <see cref="Close()"/>, with the reason for <see cref="ConnectionHandler.OnClosed"/>.</summary>
    public void Close(CloseReason reason) => Drain(reason);

    /// <summary>Closes the connection at once: what is staged is dropped, and the peer sees an ordinary end.</summary>
    public void CloseNow() => CloseNow(CloseReason.LocalClose, CloseMode.Graceful);

    /// <summary>Resets the connection at once: what is staged is dropped, and the peer sees an error.</summary>
    public void Abort() => CloseNow(CloseReason.LocalClose, CloseMode.Reset);
}
