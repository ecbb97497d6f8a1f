using Penstock.KeyValue.Durability.Files;

namespace Penstock.KeyValue;

/// <summary>What a key-value server keeps, how safely, and for whom. Read once, when the server starts.</summary>
public sealed class KeyValueOptions
{
    /// <summary>Key and value lie in one block, whose size is an <see cref="int"/>.</summary>
    private const int LargestValueBytes = 1024 * 1024 * 1024;

    /// <summary>
    /// Where the protobuf protocol is served, with its limits; null for nowhere. That protocol cannot carry a password,
    /// so it is not served where one is needed.
    /// </summary>
    public ServerOptions? Protobuf { get; set; }

    /// <summary>Where the Redis protocol is served, with its limits; null for nowhere.</summary>
    public ServerOptions? Resp { get; set; }

    /// <summary>The loops that serve both.</summary>
    public LoopOptions Loops { get; set; } = new();

    /// <summary>
    /// Who may use a Unix domain socket that <see cref="Resp"/> listens on. Default: its owner. Set after the socket is
    /// made, so keep it in a directory that others cannot enter.
    /// </summary>
    public UnixFileMode UnixSocketMode { get; set; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// The directory of log and snapshots, made when it is missing. Default: null, which keeps everything in memory
    /// only.
    /// </summary>
    public string? DataDirectory { get; set; }

    /// <summary>When the log is forced to the disk. Default: <see cref="SyncPolicy.EverySecond"/>.</summary>
    public SyncPolicy Sync { get; set; } = SyncPolicy.EverySecond;

    /// <summary>
    /// The log's size from which on it is replaced by a snapshot, if it is also twice as large as the last one.
    /// Default: 64 MiB.
    /// </summary>
    public long CompactLogBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>
    /// The most memory that keys, values and their tables may take, in bytes. Default: 0, for no limit.
    /// </summary>
    public long MaxMemoryBytes { get; set; }

    /// <summary>What happens at <see cref="MaxMemoryBytes"/>. Default: <see cref="MemoryPolicy.NoEviction"/>.</summary>
    public MemoryPolicy MemoryPolicy { get; set; }

    /// <summary>
    /// The longest value, in bytes, up to 1 GiB. Default: 64 MiB. A connection buffers a command of that size.
    /// </summary>
    public int MaxValueBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// Arguments of one command. Default: <see cref="int.MaxValue"/>, as Redis has it; then the length of a command,
    /// <see cref="ConnectionOptions.MaxMessageBytes"/>, is what bounds them.
    /// </summary>
    public int MaxArguments { get; set; } = int.MaxValue;

    /// <summary>
    /// Bytes that may wait for a client that subscribed and does not read. Default: 8 MiB. Beyond it the client is
    /// disconnected, because what is published cannot wait for it.
    /// </summary>
    public int MaxSubscriberBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>What clients of the Redis protocol must give first; null for nothing.</summary>
    public string? Password { get; set; }

    /// <summary>
    /// Lets anybody in who can connect. Default: false; then clients that are not on this machine need a password, and
    /// the protobuf protocol is not served at all when there is one.
    /// </summary>
    public bool Unprotected { get; set; }

    /// <summary>Where the data directory is; tests put a disk there that fails.</summary>
    internal Disk Disk { get; set; } = Disk.System;

    /// <summary>
    /// The key of the hash that orders keys in memory; null for a random one, so that nobody can choose keys that
    /// collide. A simulation sets it to repeat a run.
    /// </summary>
    internal UInt128? HashKey { get; set; }

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Loops);
        AtLeast(MaxMemoryBytes, 0, nameof(MaxMemoryBytes));
        AtLeast(MaxValueBytes, 1, nameof(MaxValueBytes));
        if (MaxValueBytes > LargestValueBytes)
        {
            throw new ArgumentOutOfRangeException(
                nameof(MaxValueBytes),
                MaxValueBytes,
                $"{nameof(MaxValueBytes)} must be at most {LargestValueBytes}.");
        }

        AtLeast(MaxArguments, 1, nameof(MaxArguments));
        AtLeast(MaxSubscriberBytes, 1, nameof(MaxSubscriberBytes));
        AtLeast(CompactLogBytes, 1, nameof(CompactLogBytes));
        if (Protobuf is null && Resp is null)
            throw new ArgumentException($"Set {nameof(Protobuf)} or {nameof(Resp)}: there is nothing to serve.");
        if (Password is { Length: 0 })
            throw new ArgumentException($"{nameof(Password)} must not be empty; null means that there is none.");
    }

    private static void AtLeast(long value, long minimum, string option)
    {
        if (value < minimum)
            throw new ArgumentOutOfRangeException(option, value, $"{option} must be at least {minimum}.");
    }
}
