namespace Penstock;

/// <summary>
/// Where a <see cref="Connection"/> is in its life. States are passed in this order; some are
/// skipped.
/// </summary>
public enum ConnectionState
{
    /// <summary>An outbound connection that is not established yet.</summary>
    Connecting,

    /// <summary>Bytes go both ways.</summary>
    Open,

    /// <summary>Closing: what is staged is still sent, what arrives is discarded.</summary>
    Draining,

    /// <summary>Everything is sent and FIN with it; waits briefly for the peer's, discarding what arrives.</summary>
    Lingering,

    /// <summary>The socket is being closed; nothing more happens but the end.</summary>
    Closing,

    /// <summary>Over. The object will be used for another connection.</summary>
    Closed,
}
