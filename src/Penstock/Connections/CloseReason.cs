namespace Penstock;

/// <summary>Why a connection ended. The first reason wins; what happens during the close does not change it.</summary>
public enum CloseReason
{
    /// <summary>The handler called <see cref="Connection.Close()"/> or <see cref="Connection.Abort()"/>.</summary>
    LocalClose,

    /// <summary>The peer finished sending and everything for it was sent.</summary>
    PeerFinished,

    /// <summary>The peer reset the connection, or vanished while something was sent to it.</summary>
    PeerReset,

    /// <summary>The operating system reported another error on the socket.</summary>
    SocketError,

    /// <summary>
    /// No whole message came, and nothing was taken, for <see cref="ConnectionOptions.IdleTimeout"/>.
    /// </summary>
    IdleTimeout,

    /// <summary>
    /// No whole message came within <see cref="ConnectionOptions.FirstMessageTimeout"/> of connecting.
    /// </summary>
    FirstMessageTimeout,

    /// <summary>
    /// The peer took nothing for <see cref="ConnectionOptions.WriteStallTimeout"/> while something waited for it.
    /// </summary>
    WriteStallTimeout,

    /// <summary>A message was longer than <see cref="ConnectionOptions.MaxMessageBytes"/>.</summary>
    MessageTooLarge,

    /// <summary>The peer's bytes are not the protocol's.</summary>
    ProtocolError,

    /// <summary>The handler threw.</summary>
    HandlerFault,

    /// <summary>More waited for the peer than its send queue may hold, and the policy is to disconnect.</summary>
    SlowConsumer,

    /// <summary>The server is shutting down.</summary>
    ServerShutdown,

    /// <summary>An outbound connection could not be established.</summary>
    ConnectFailed,

    /// <summary>The loop that the connection lived on failed.</summary>
    LoopFault,
}
