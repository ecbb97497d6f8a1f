namespace Penstock.Polling;

/// <summary>What a <see cref="Poller"/> is asked to report about a descriptor.</summary>
[Flags]
public enum Interest
{
    /// <summary>Paused: registered, but silent and free of cost.</summary>
    None = 0,

    /// <summary>Data, a connection to accept, or the end of the stream can be read.</summary>
    Readable = 1,

    /// <summary>The kernel takes bytes, or a connection attempt has ended.</summary>
    Writable = 2,

    /// <summary>
    /// The peer finished sending or the connection broke, and not what there is to read before that; for a descriptor
    /// whose bytes have to wait. <see cref="Readable"/> includes it. Where poll has no <c>POLLRDHUP</c> (macOS,
    /// FreeBSD) it does not see that the peer finished.
    /// </summary>
    ReadClosed = 4,
}
