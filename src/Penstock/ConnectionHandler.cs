using Penstock.Drivers;

namespace Penstock;

/// <summary>
/// What a server does with its connections. Derive from this, or from a <c>FrameHandler</c> when the protocol has
/// frames.
/// </summary>
/// <remarks>
/// <para>There is one instance per loop and it serves all connections of that loop. Every member is called on the
/// loop's thread, one at a time, so a handler's own fields need no lock; what handlers of several loops share does.
/// That holds in every model: under <see cref="IoMechanism.ThreadPerConnection"/> each thread has a loop and a
/// handler.</para>
/// <para>A member must not block: the loop's other connections wait meanwhile. An exception resets the connection with
/// <see cref="CloseReason.HandlerFault"/> and harms no other.</para>
/// <para><see cref="OnOpened"/> and <see cref="OnClosed"/> are called exactly once each for every connection.</para>
/// </remarks>
public abstract class ConnectionHandler
{
    /// <summary>A connection was established.</summary>
    public virtual void OnOpened(Connection connection)
    {
    }

    /// <summary>Bytes arrived, behind those that earlier calls left unconsumed.</summary>
    /// <param name="connection">The connection; valid until <see cref="OnClosed"/> returns.</param>
    /// <param name="data">The engine's memory, valid during the call only.</param>
    /// <returns>
    /// How many bytes, from the front, are done with. The rest is kept and shown again, with what arrives next, so a
    /// handler that needs more returns 0. Consuming something counts as a message for the idle timeout. Leaving more
    /// than <see cref="ConnectionOptions.MaxMessageBytes"/> closes the connection with
    /// <see cref="CloseReason.MessageTooLarge"/>, unless receiving is paused, or was and has been resumed in this call.
    /// </returns>
    public abstract int OnReceived(Connection connection, ReadOnlySpan<byte> data);

    /// <summary>
    /// More than <see cref="ConnectionOptions.MaxSendQueueBytes"/> wait for the peer, whoever wrote them: a producer
    /// should stop until <see cref="OnDrained"/>. What else it means is decided by
    /// <see cref="ConnectionOptions.SlowConsumer"/>.
    /// </summary>
    /// <remarks>
    /// Called once, under every policy, by the end of the turn in which the mark was passed, and followed by exactly
    /// one <see cref="OnDrained"/>, unless the connection begins to close first.
    /// </remarks>
    public virtual void OnCongested(Connection connection)
    {
    }

    /// <summary>
    /// The send queue, which had passed <see cref="ConnectionOptions.MaxSendQueueBytes"/>, is down to
    /// <see cref="ConnectionOptions.ResumeSendQueueBytes"/> again: a producer may go on. Called once for every
    /// <see cref="OnCongested"/>, also when both happen in one turn.
    /// </summary>
    public virtual void OnDrained(Connection connection)
    {
    }

    /// <summary>
    /// The peer finished sending; it may still read. Closes the connection once everything staged is sent, unless
    /// overridden to go on sending first.
    /// </summary>
    public virtual void OnPeerFinished(Connection connection) => connection.Close(CloseReason.PeerFinished);

    /// <summary>
    /// The peer finished sending while receiving is paused (<see cref="Connection.Pause"/>, or too much that waits for
    /// it): what it sent before is still to come, and then <see cref="OnPeerFinished"/>, once receiving is resumed. It
    /// may still read. For a handler that works for a peer and asks whether it is still there; does nothing unless
    /// overridden. A peer that resets a paused connection closes it at once, with
    /// <see cref="CloseReason.PeerReset"/>.
    /// </summary>
    public virtual void OnPeerFinishing(Connection connection)
    {
    }

    /// <summary>
    /// The peer has let its time for a whole message pass (<see cref="ConnectionOptions.IdleTimeout"/>,
    /// <see cref="ConnectionOptions.FirstMessageTimeout"/>). Closes the connection at once, unless overridden to tell
    /// the peer first; an override must close it.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="reason">Which of the two it was.</param>
    public virtual void OnReceiveTimeout(Connection connection, CloseReason reason) =>
        connection.CloseNow(reason, CloseMode.Graceful);

    /// <summary>
    /// The server stops and accepts nobody any more. Closes the connection once everything staged is sent; what the
    /// peer had sent of a message is dropped. Overridden by a handler that finishes what is under way: it must close
    /// the connection then, and has <see cref="ServerOptions.ShutdownTimeout"/> until it is reset.
    /// </summary>
    public virtual void OnStopping(Connection connection) => connection.Close(CloseReason.ServerShutdown);

    /// <summary>The connection is over. Nothing can be sent any more.</summary>
    public virtual void OnClosed(Connection connection, CloseReason reason)
    {
    }

    /// <summary>
    /// What a base class of the engine does before <see cref="OnOpened"/>, whatever that is overridden to
    /// do.
    /// </summary>
    internal virtual void Prepare(Connection connection)
    {
    }
}
