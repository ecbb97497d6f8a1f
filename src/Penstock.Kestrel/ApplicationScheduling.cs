namespace Penstock.Kestrel;

/// <summary>Where the application's code runs.</summary>
public enum ApplicationScheduling
{
    /// <summary>
    /// On the thread pool, as with the stock transport: a handler that blocks holds up a pool thread and no connection but
    /// its own.
    /// </summary>
    ThreadPool,

    /// <summary>
    /// On the connection's loop, without a change of thread between the socket and the handler. For applications that never
    /// block: while a handler computes or waits synchronously, every other connection of its loop waits too. A warning
    /// is logged when that lasts longer than <see cref="PenstockTransportOptions.StallWarningThreshold"/>.
    /// </summary>
    Inline,
}
