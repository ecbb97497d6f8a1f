using System.Net;
using Penstock.Net;

namespace Penstock.Drivers;

/// <summary>
/// What an event loop asks of the operating system. One per loop; every member except <see cref="Wake"/> is called on
/// the loop's thread.
/// </summary>
/// <remarks>
/// <para>Accept and receive are <em>standing</em>: started once, they keep completing until they are paused or the slot
/// is closed. <see cref="Send"/>, <see cref="Connect"/> and <see cref="Close"/> complete exactly once each, a send
/// either by what it returns or later. The loop pulls completions with <see cref="TryNext"/>; received bytes lie in
/// the driver's memory. Naming a buffer for every receive was rejected: it costs a buffer per idle connection, and
/// over a readiness mechanism a registration per operation.</para>
/// <para><b>Contract</b>, the same for every driver, and tested once for all of them:</para>
/// <list type="bullet">
/// <item>At most one <see cref="Send"/> is outstanding per slot. The segment list is read during the call; the bytes
/// that it points to stay valid until the call returns a result, or until <see cref="CompletionKind.Sent"/> or
/// <see cref="CompletionKind.Closed"/>.</item>
/// <item>After <see cref="PauseReceive"/> only bytes already in flight may still arrive;
/// <see cref="PauseOvershootBytes"/> bounds them.</item>
/// <item>A connection is watched while it is paused, without its bytes and without spinning. When its peer finishes
/// sending, <see cref="CompletionKind.PeerFinished"/> says so, once at most in its life. The order of the stream is
/// kept: the unread bytes and the <see cref="CompletionKind.Received"/> of length 0 come after the resume. When the
/// socket breaks, the <see cref="CompletionKind.Received"/> with the error comes at once, and unread bytes are lost, as
/// they may be in the kernel. After <see cref="CompletionKind.PeerFinished"/> a break may be left to the resume or to a
/// send.</item>
/// <item>A <see cref="CompletionKind.Received"/> has any length from 1 up; length 0 means that the peer finished
/// sending and is the last one of its slot. A negative result says that the socket broke, or, with ECANCELED, that a
/// driver with limited patience gave the peer up; the slot stays until it is closed.</item>
/// <item>Completions of different slots have no order. <see cref="CompletionKind.Closed"/> is the last of its key. A
/// call for a key that is no longer in use is ignored and counted; an event for one is dropped and counted in
/// <see cref="StaleEvents"/>, and never becomes a completion.</item>
/// <item>A driver never throws for what a peer does: it completes with <c>-errno</c>. It throws only when the loop
/// cannot go on.</item>
/// <item>The driver owns a descriptor from the call that hands it over until
/// <see cref="CompletionKind.Closed"/>.</item>
/// </list>
/// </remarks>
internal abstract class IoDriver : IDisposable
{
    /// <summary>What <see cref="Send"/> returns when its result comes as a completion.</summary>
    public const int SendPending = int.MinValue;

    /// <summary>What runs, as a banner prints it: <c>epoll, level-triggered</c>.</summary>
    public abstract string Description { get; }

    /// <summary>The most bytes that may still arrive for a slot after <see cref="PauseReceive"/> returned.</summary>
    public abstract int PauseOvershootBytes { get; }

    /// <summary>
    /// Whether a send usually goes out before <see cref="Send"/> returns, so that one made soon after the receive finds
    /// the connection in the cache. A driver that collects its sends for the next wait says no.
    /// </summary>
    public virtual bool SendsAtOnce => false;

    /// <summary>Whether this driver takes managed sockets; the others take bare descriptors.</summary>
    public virtual bool UsesManagedSockets => false;

    /// <summary>Events and calls that named a slot's earlier use and were dropped.</summary>
    public long StaleEvents { get; protected set; }

    /// <summary>Starts accepting: <see cref="CompletionKind.Accepted"/> repeatedly, until paused or closed.</summary>
    public abstract void Listen(SlotKey slot, SocketHandle listener);

    /// <summary>
    /// Starts receiving: <see cref="CompletionKind.Received"/> repeatedly, until paused, finished or closed.
    /// </summary>
    public abstract void Attach(SlotKey slot, SocketHandle socket);

    /// <summary>
    /// Connects: one <see cref="CompletionKind.Connected"/>, and after a successful one as <see cref="Attach"/>.
    /// </summary>
    public abstract void Connect(SlotKey slot, SocketHandle socket, SocketAddress remote);

    /// <summary>
    /// Stops receiving, or accepting, until <see cref="ResumeReceive"/>. Pausing twice is the same as once.
    /// </summary>
    public abstract void PauseReceive(SlotKey slot);

    /// <summary>Receives, or accepts, again.</summary>
    public abstract void ResumeReceive(SlotKey slot);

    /// <summary>
    /// Sends the segments in order, all of them or the first bytes. Answering at once was preferred to a completion
    /// that the loop would pull a moment later: the connection is in the cache now, and usually the kernel takes
    /// everything.
    /// </summary>
    /// <returns>The bytes taken, or <c>-errno</c>; <see cref="SendPending"/> when exactly one
    /// <see cref="CompletionKind.Sent"/> will say so.</returns>
    public abstract int Send(SlotKey slot, ReadOnlySpan<SendSegment> segments);

    /// <summary>Sends FIN after what was sent. Receiving goes on.</summary>
    public abstract void ShutdownSend(SlotKey slot);

    /// <summary>
    /// Ends the slot: exactly one <see cref="CompletionKind.Closed"/>, and nothing for this key after it.
    /// </summary>
    public abstract void Close(SlotKey slot, CloseMode mode);

    /// <summary>
    /// Returns when there is a completion to pull, when <paramref name="deadline"/> has passed, or after
    /// <see cref="Wake"/>; it may return early for no reason.
    /// </summary>
    /// <param name="deadline">A <see cref="TimeProvider"/> timestamp; <see cref="long.MaxValue"/> waits without limit,
    /// one in the past only looks.</param>
    public abstract void Wait(long deadline);

    /// <summary>Pulls one completion. Its data is valid until the next call.</summary>
    public abstract bool TryNext(out Completion completion);

    /// <summary>Makes the current or the next <see cref="Wait"/> return. Any thread; calls coalesce.</summary>
    public abstract void Wake();

    /// <summary>
    /// Closes every descriptor that the driver still owns, without completions, and frees its memory.
    /// </summary>
    public abstract void Dispose();
}
