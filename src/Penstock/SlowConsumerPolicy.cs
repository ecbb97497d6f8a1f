namespace Penstock;

/// <summary>What happens when more waits for a peer than its send queue may hold.</summary>
public enum SlowConsumerPolicy
{
    /// <summary>
    /// Nothing more is received from that peer until it has taken enough. For request and reply: a peer that does not
    /// read its replies may not ask for more.
    /// </summary>
    Wait,

    /// <summary>
    /// Payloads that were sent with <see cref="Connection.Send(SharedPayload)"/> are dropped, the oldest first, whole
    /// and before any of their bytes went out; never the newest. Replies that were written are never dropped, and above
    /// the mark the peer is not received from. For broadcasts in which the newest matters most. A peer that never reads
    /// costs the mark, however much is sent at once; with payloads longer than a quarter of the mark, half of the mark
    /// and two payloads.
    /// </summary>
    DropOldest,

    /// <summary>
    /// The connection is reset with <see cref="CloseReason.SlowConsumer"/>, once the kernel has been offered what
    /// waits and takes no more. A reply that is longer than the mark and the socket's buffer together resets any
    /// peer, however fast it reads.
    /// </summary>
    Disconnect,

    /// <summary>
    /// Receiving goes on; the handler is told by <see cref="ConnectionHandler.OnCongested"/> and
    /// <see cref="ConnectionHandler.OnDrained"/>, as under every policy. For a handler that bounds what it stages by
    /// itself, because what it sends does not answer what it receives.
    /// </summary>
    Notify,
}
