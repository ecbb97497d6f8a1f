namespace Penstock.Drivers;

/// <summary>How <see cref="IoDriver.Close"/> ends a connection.</summary>
internal enum CloseMode : byte
{
    /// <summary>FIN: what the kernel has already taken is still delivered.</summary>
    Graceful,

    /// <summary>
    /// RST: what the kernel has not delivered yet is dropped, and the peer learns that something went wrong.
    /// </summary>
    Reset,
}
