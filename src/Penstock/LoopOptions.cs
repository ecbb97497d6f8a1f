using Penstock.Polling;

namespace Penstock;

/// <summary>How many loops a <see cref="LoopGroup"/> has and how they run. Validated when the group is made.</summary>
public sealed class LoopOptions
{
    /// <summary>
    /// What <see cref="MaxMemoryForConnections"/> may be at least, 1 MiB: with less, a few connections could do
    /// nothing.
    /// </summary>
    public const long LeastMemoryForConnections = 1024 * 1024;

    /// <summary>What <see cref="Count"/> may be at most: more threads than any machine has use for.</summary>
    public const int MostLoops = 1_024;

    /// <summary>
    /// Loops, each on a thread of its own. Default: one per processor. More only add switches; fewer leave cores to
    /// others. At most 1,024.
    /// </summary>
    public int Count { get; set; } = Environment.ProcessorCount;

    /// <summary>How loops learn what their sockets can do. Default: <see cref="IoMechanism.Auto"/>.</summary>
    public IoMechanism Io { get; set; } = IoMechanism.Auto;

    /// <summary>
    /// When a readiness mechanism reports a socket. Default: <see cref="Trigger.Level"/>, which behaves the same
    /// everywhere. The others are for comparison; a mechanism that lacks one refuses it by name.
    /// </summary>
    public Trigger Trigger { get; set; } = Trigger.Level;

    /// <summary>
    /// Connections that one loop can hold, over all servers of the group; its tables grow with those that
    /// there are. Default: 65,536. A server that makes its own group sets this to its
    /// <see cref="ServerOptions.MaxConnections"/>.
    /// </summary>
    public int MaxConnectionsPerLoop { get; set; } = 65_536;

    /// <summary>
    /// Completions that a loop handles before deadlines, posted work and sends get their turn. Default: 1,024. A larger
    /// number saves little and makes everything else wait longer.
    /// </summary>
    public int MaxEventsPerTurn { get; set; } = 1_024;

    /// <summary>
    /// Bytes read from one connection before the others get their turn. Default: 256 KiB. Without a bound one fast
    /// sender would keep its loop to itself.
    /// </summary>
    public int MaxReadBytesPerTurn { get; set; } = 256 * 1024;

    /// <summary>
    /// Threads that serve connections under <see cref="IoMechanism.ThreadPerConnection"/>. Default: 1,024. With all of
    /// them taken, newcomers wait in the backlog. Each costs a descriptor and some 60 KiB that are not given back
    /// before the group ends.
    /// </summary>
    public int MaxConnectionThreads { get; set; } = 1_024;

    /// <summary>
    /// How many slices of 20 ms in a row a blocking reader waits for a silent peer before it gives the connection up
    /// with <see cref="CloseReason.IdleTimeout"/>. Default: null, without limit, which leaves it to
    /// <see cref="ConnectionOptions.IdleTimeout"/>. The other mechanisms do not look at it.
    /// </summary>
    public int? ReadSliceTimeouts { get; set; }

    /// <summary>
    /// Bytes that the connections of all loops may hold together: what waits for their peers, and what was received of
    /// messages that are not whole yet. As it becomes short, those that hold most wait first; when it is used up, those
    /// that hold most are closed with <see cref="CloseReason.MemoryExhausted"/>. Default: a quarter of what this
    /// process may have, as the machine, the container or the collector's limit says. Connections themselves, what
    /// handlers keep, and payloads that many connections share do not count.
    /// </summary>
    public long MaxMemoryForConnections { get; set; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    /// <summary>
    /// How long a stop waits, after all else is done, for a loop whose handler does not return. Default: 5 s. The stop
    /// then goes on without that loop: it is reported as critical, its thread stays behind, and its connections are
    /// reset when the handler returns or the process ends. Infinite waits for it.
    /// </summary>
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock of all deadlines. Default: the system's. Tests pass a virtual one.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal void Validate()
    {
        OptionChecks.InRange(Count, 1, MostLoops, nameof(Count));
        OptionChecks.AtLeast(MaxConnectionsPerLoop, 1, nameof(MaxConnectionsPerLoop));
        OptionChecks.AtLeast(MaxEventsPerTurn, 1, nameof(MaxEventsPerTurn));
        OptionChecks.AtLeast(MaxReadBytesPerTurn, 1, nameof(MaxReadBytesPerTurn));
        OptionChecks.AtLeast(MaxConnectionThreads, 1, nameof(MaxConnectionThreads));
        OptionChecks.AtLeast(MaxMemoryForConnections, LeastMemoryForConnections, nameof(MaxMemoryForConnections));
        OptionChecks.AtLeast(ReadSliceTimeouts ?? 1, 1, nameof(ReadSliceTimeouts));
        OptionChecks.PositiveOrInfinite(StopTimeout, nameof(StopTimeout));
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }

    internal LoopOptions Copy() => (LoopOptions)MemberwiseClone();
}
