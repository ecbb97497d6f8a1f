using System.IO.Pipelines;

namespace Penstock.Kestrel;

/// <summary>
/// How connections reach Kestrel. What <c>SocketTransportOptions</c> has too is named and preset as there. Read once,
/// when the first endpoint is bound.
/// </summary>
public sealed class PenstockTransportOptions
{
    /// <summary>How the loops learn what their sockets can do. Default: <see cref="IoMechanism.Auto"/>.</summary>
    public IoMechanism IoMechanism { get; set; } = IoMechanism.Auto;

    /// <summary>Loops, shared by all endpoints, each on a thread of its own. Default: one per processor.</summary>
    public int LoopCount { get; set; } = Environment.ProcessorCount;

    /// <summary>
    /// Where the application's code runs. Default: <see cref="Kestrel.ApplicationScheduling.ThreadPool"/>, which is
    /// safe for every application.
    /// </summary>
    public ApplicationScheduling ApplicationScheduling { get; set; } = ApplicationScheduling.ThreadPool;

    /// <summary>
    /// How long code may hold a loop before a warning names its connection. Default: 500 ms. Only looked at when the
    /// application is scheduled <see cref="Kestrel.ApplicationScheduling.Inline"/>; infinite turns the watch off.
    /// </summary>
    public TimeSpan StallWarningThreshold { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Connections that the kernel holds until they are accepted, per endpoint. Default: 512.</summary>
    public int Backlog { get; set; } = 512;

    /// <summary>Whether small packets leave at once (<c>TCP_NODELAY</c>). Default: true.</summary>
    public bool NoDelay { get; set; } = true;

    /// <summary>
    /// Connections at once, per endpoint. Default: 65,536. Newcomers beyond it wait in the backlog, where Kestrel's
    /// <c>MaxConcurrentConnections</c> accepts and closes them.
    /// </summary>
    public int MaxConnections { get; set; } = 65_536;

    /// <summary>
    /// How long a connection that ends is kept for a peer that goes on sending: closed at once, it would be reset, and
    /// the reset could overtake the last reply. A silent peer gets half a second of it, and one to which nothing was
    /// sent for that long gets none. Default: 2 s.
    /// </summary>
    public TimeSpan LingerTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long the end of an endpoint waits for its connections to send what was written to them, after Kestrel is
    /// done with them; those that are left are reset. Default: 2 s. How long requests may go on before that is the
    /// host's <c>ShutdownTimeout</c>.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Bytes received and not yet consumed by the application, per connection, above which receiving pauses until
    /// half of them are consumed. Default: 1 MiB. Null or 0: no limit.
    /// </summary>
    public long? MaxReadBufferSize { get; set; } = 1024 * 1024;

    /// <summary>
    /// Bytes written and not yet taken by the kernel, per connection, above which <see cref="PipeWriter.FlushAsync"/>
    /// waits until half of them are taken. Default: 64 KiB. Null or 0: no limit.
    /// </summary>
    public long? MaxWriteBufferSize { get; set; } = 64 * 1024;

    /// <summary>Whether an abort ends a connection with FIN instead of RST: Kestrel's own switch.</summary>
    internal bool FinOnError { get; set; } =
        AppContext.TryGetSwitch("Microsoft.AspNetCore.Server.Kestrel.FinOnError", out bool enabled) && enabled;

    /// <summary>After so long without a send the peer has what was sent, or never will.</summary>
    internal TimeSpan QuietTime { get; set; } = TimeSpan.FromMilliseconds(500);

    internal void Validate()
    {
        if (IoMechanism is IoMechanism.Blocking or IoMechanism.ThreadPerConnection)
        {
            throw new ArgumentOutOfRangeException(
                nameof(IoMechanism), IoMechanism, "Kestrel's connections share loops; this mechanism has none.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(LoopCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Backlog, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConnections, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxReadBufferSize ?? 0, 0, nameof(MaxReadBufferSize));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxWriteBufferSize ?? 0, 0, nameof(MaxWriteBufferSize));
        ThrowIfNotPositive(LingerTimeout, nameof(LingerTimeout));
        ThrowIfNotPositive(DrainTimeout, nameof(DrainTimeout));
        if (StallWarningThreshold <= TimeSpan.Zero && StallWarningThreshold != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(
                nameof(StallWarningThreshold), StallWarningThreshold, "The threshold must be positive, or infinite.");
        }
    }

    private static void ThrowIfNotPositive(TimeSpan time, string name)
    {
        if (time <= TimeSpan.Zero || time.TotalMilliseconds > int.MaxValue)
            throw new ArgumentOutOfRangeException(name, time, "The time must be positive, and at most 24 days.");
    }
}
