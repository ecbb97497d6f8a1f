using System.Net;

namespace Penstock;

/// <summary>
/// What a <see cref="TcpServer"/> listens on and every limit it keeps. Read once, by
/// <see cref="TcpServer.Start(ServerOptions, Func{EventLoopContext, ConnectionHandler})"/>.
/// </summary>
public sealed class ServerOptions : ConnectionOptions
{
    /// <summary>
    /// Where to listen: an <see cref="IPEndPoint"/> (<see cref="IPAddress.IPv6Any"/> takes IPv4 as well), a
    /// <see cref="System.Net.Sockets.UnixDomainSocketEndPoint"/>, or a <see cref="DescriptorEndPoint"/> that was
    /// inherited. Port 0 picks a free one; <see cref="TcpServer.EndPoint"/> tells which. Default: a free port on
    /// loopback, because anything wider must be asked for.
    /// </summary>
    public EndPoint EndPoint { get; set; } = new IPEndPoint(IPAddress.Loopback, 0);

    /// <summary>
    /// Connections at once, over all loops. Default: 65,536. A full server stops accepting: newcomers wait in the
    /// kernel's backlog and the first departure lets one in.
    /// </summary>
    public int MaxConnections { get; set; } = 65_536;

    /// <summary>
    /// Connections that the kernel holds until they are accepted. Default: 4,096; the kernel may cap it
    /// (<c>net.core.somaxconn</c>). Beyond it a newcomer's handshake is dropped and it tries again.
    /// </summary>
    public int Backlog { get; set; } = 4_096;

    /// <summary>
    /// Whether small packets leave at once (<c>TCP_NODELAY</c>). Default: true; replies are already gathered to one
    /// send per turn, and waiting for more would only add delay.
    /// </summary>
    public bool NoDelay { get; set; } = true;

    /// <summary>
    /// How long sent bytes may stay unacknowledged before the kernel gives the connection up (<c>TCP_USER_TIMEOUT</c>,
    /// Linux, TCP only); it then ends with <see cref="CloseReason.SocketError"/>. Default: infinite, which leaves it to
    /// the kernel's retransmissions: about a quarter of an hour. For peers that vanish without a word; one that is
    /// there and does not read is the matter of <see cref="ConnectionOptions.WriteStallTimeout"/>.
    /// </summary>
    public TimeSpan DeadPeerTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>How connections are spread over the loops. Default: <see cref="AcceptDistribution.Auto"/>.</summary>
    public AcceptDistribution Distribution { get; set; } = AcceptDistribution.Auto;

    /// <summary>
    /// How long a graceful stop may take: connections finish what is staged, then those that are left are reset.
    /// Default: 30 s.
    /// </summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The loops that the server makes for itself; not looked at when it is started on a given group.
    /// </summary>
    public LoopOptions Loops { get; } = new();

    internal override void Validate()
    {
        base.Validate();
        ArgumentNullException.ThrowIfNull(EndPoint);
        OptionChecks.AtLeast(MaxConnections, 1, nameof(MaxConnections));
        OptionChecks.AtLeast(Backlog, 1, nameof(Backlog));
        OptionChecks.PositiveOrInfinite(DeadPeerTimeout, nameof(DeadPeerTimeout));
        OptionChecks.PositiveOrInfinite(ShutdownTimeout, nameof(ShutdownTimeout));
    }
}
