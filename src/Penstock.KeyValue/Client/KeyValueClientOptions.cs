namespace Penstock.KeyValue.Client;

/// <summary>How a <see cref="KeyValueClient"/> behaves. Read once, when the client is made.</summary>
public sealed class KeyValueClientOptions
{
    /// <summary>
    /// How long a request may try to reach a server that cannot be connected to, with growing pauses. Default: 5 s.
    /// </summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The pause after the first attempt that failed; it doubles up to a second. Default: 50 ms.</summary>
    public TimeSpan RetryPause { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest reply, in bytes. Default: 64 MiB.</summary>
    public int MaxMessageBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>The loops that the connection lives on; null for a loop of its own.</summary>
    public LoopGroup? Loops { get; set; }

    /// <summary>The clock of timeouts and pauses. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
