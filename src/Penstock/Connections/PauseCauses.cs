namespace Penstock.Connections;

/// <summary>Why a connection is not received from; it is again when no cause is left.</summary>
[Flags]
internal enum PauseCauses : byte
{
    None = 0,

    /// <summary>The handler asked for it.</summary>
    Handler = 1,

    /// <summary>Too much waits for the peer.</summary>
    SendQueue = 2,

    /// <summary>More of a message is stored than memory allows now.</summary>
    Memory = 4,
}
