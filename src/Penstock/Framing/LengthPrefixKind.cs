namespace Penstock.Framing;

/// <summary>Width and byte order of a length prefix. The default value is the engine's default format.</summary>
internal enum LengthPrefixKind : byte
{
    UInt32LittleEndian,
    UInt32BigEndian,
    UInt16LittleEndian,
    UInt16BigEndian,
    UInt64LittleEndian,
    UInt64BigEndian,
}
