namespace Penstock.Polling;

/// <summary>What a <see cref="Poller"/> reports about a descriptor. All of it is a hint.</summary>
[Flags]
public enum Readiness
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A read is worth trying. At the end of the stream it returns 0.</summary>
    Readable = 1,

    /// <summary>A write is worth trying.</summary>
    Writable = 2,

    /// <summary>The peer finished sending; data may be left to read. Not every mechanism tells.</summary>
    ReadClosed = 4,

    /// <summary>Both directions are closed; data may be left to read.</summary>
    HangUp = 8,

    /// <summary>The descriptor has a pending error, which the next read or write returns.</summary>
    Error = 16,
}
