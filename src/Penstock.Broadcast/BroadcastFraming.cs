namespace Penstock.Broadcast;

/// <summary>What a message is on the wire, in both directions.</summary>
public enum BroadcastFraming
{
    /// <summary>The bytes of one read, whatever they are.</summary>
    Raw,

    /// <summary>A line, ended by LF; a CR before it is dropped.</summary>
    Lines,

    /// <summary>A 32-bit little-endian length, then that many bytes.</summary>
    UInt32LittleEndian,

    /// <summary>A 64-bit big-endian length, then that many bytes.</summary>
    UInt64BigEndian,
}
