namespace Penstock.Drivers;

/// <summary>What a <see cref="Completion"/> reports.</summary>
internal enum CompletionKind : byte
{
    /// <summary>A listener took a connection (<see cref="Completion.Socket"/>), or could not (<c>-errno</c>).</summary>
    Accepted,

    /// <summary>An outbound connection is established (0), or is not (<c>-errno</c>).</summary>
    Connected,

    /// <summary>
    /// Bytes arrived; length 0 means that the peer finished sending; <c>-errno</c> that the socket broke.
    /// </summary>
    Received,

    /// <summary>
    /// While receiving is paused: the peer has finished sending. What it sent before may still be unread; it follows
    /// after the resume, and then the <see cref="Received"/> of length 0.
    /// </summary>
    PeerFinished,

    /// <summary>
    /// The outstanding send ended: so many bytes were taken. Fewer than were offered, 0 included, means: send the rest
    /// again. <c>-errno</c> means that the socket broke.
    /// </summary>
    Sent,

    /// <summary>The socket is closed and the slot may be reused. Nothing follows for this key.</summary>
    Closed,
}
