namespace Penstock;

/// <summary>How a server's connections are spread over the loops of its group.</summary>
public enum AcceptDistribution
{
    /// <summary>
    /// <see cref="ReusePort"/> where the system and the address allow it, else <see cref="RoundRobin"/>.
    /// </summary>
    Auto,

    /// <summary>
    /// Every loop has a listening socket of its own on the same port, and the kernel spreads new connections over them
    /// by a hash of their addresses: no hand-over, but no regard for how busy a loop is. Linux, TCP only.
    /// </summary>
    ReusePort,

    /// <summary>One loop accepts and hands connections to all loops in turn.</summary>
    RoundRobin,

    /// <summary>One loop accepts and hands each connection to the loop that serves the fewest.</summary>
    LeastConnections,
}
