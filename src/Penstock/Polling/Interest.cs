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
}
