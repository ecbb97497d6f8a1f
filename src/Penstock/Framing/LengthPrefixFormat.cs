using System.Buffers.Binary;
using System.Diagnostics;

namespace Penstock.Framing;

/// <summary>
/// How a length-prefixed frame is laid out: an unsigned length, the payload, and optionally a fixed trailer.
/// </summary>
/// <remarks>Immutable. The default value is <see cref="UInt32LittleEndian"/>.</remarks>
public readonly struct LengthPrefixFormat
{
    /// <summary>The longest trailer, in bytes.</summary>
    public const int MaxTrailerBytes = 64;

    private readonly byte[]? _trailer;
    private readonly LengthPrefixKind _kind;
    private readonly bool _lengthCountsTrailer;

    private LengthPrefixFormat(LengthPrefixKind kind, byte[]? trailer = null, bool lengthCountsTrailer = false)
    {
        _kind = kind;
        _trailer = trailer;
        _lengthCountsTrailer = lengthCountsTrailer;
    }

    /// <summary>A 2-byte length, least significant byte first.</summary>
    public static LengthPrefixFormat UInt16LittleEndian => new(LengthPrefixKind.UInt16LittleEndian);

    /// <summary>A 2-byte length, most significant byte first.</summary>
    public static LengthPrefixFormat UInt16BigEndian => new(LengthPrefixKind.UInt16BigEndian);

    /// <summary>A 4-byte length, least significant byte first. The default.</summary>
    public static LengthPrefixFormat UInt32LittleEndian => new(LengthPrefixKind.UInt32LittleEndian);

    /// <summary>A 4-byte length, most significant byte first.</summary>
    public static LengthPrefixFormat UInt32BigEndian => new(LengthPrefixKind.UInt32BigEndian);

    /// <summary>An 8-byte length, least significant byte first.</summary>
    public static LengthPrefixFormat UInt64LittleEndian => new(LengthPrefixKind.UInt64LittleEndian);

    /// <summary>An 8-byte length, most significant byte first.</summary>
    public static LengthPrefixFormat UInt64BigEndian => new(LengthPrefixKind.UInt64BigEndian);

    /// <summary>Bytes of the length itself: 2, 4 or 8.</summary>
    public int HeaderBytes => _kind switch
    {
        LengthPrefixKind.UInt16LittleEndian or LengthPrefixKind.UInt16BigEndian => sizeof(ushort),
        LengthPrefixKind.UInt32LittleEndian or LengthPrefixKind.UInt32BigEndian => sizeof(uint),
        _ => sizeof(ulong),
    };

    /// <summary>The bytes that must follow every payload; empty when there are none.</summary>
    public ReadOnlySpan<byte> Trailer => _trailer;

    /// <summary>
    /// The longest payload a frame can carry, in bytes: what the length can say, and what one span can hold.
    /// </summary>
    public int MaxPayloadBytes
    {
        get
        {
            int fitsSpan = int.MaxValue - HeaderBytes - Trailer.Length;
            return HeaderBytes == sizeof(ushort) ? Math.Min(fitsSpan, ushort.MaxValue - CountedTrailerBytes) : fitsSpan;
        }
    }

    /// <summary>Bytes that the length counts beyond the payload.</summary>
    internal int CountedTrailerBytes => _lengthCountsTrailer ? Trailer.Length : 0;

    /// <summary>The one layout that the decoder's short path handles.</summary>
    internal bool IsPlainUInt32LittleEndian => _kind == LengthPrefixKind.UInt32LittleEndian && _trailer is null;

    /// <summary>The same length prefix, with <paramref name="trailer"/> after every payload.</summary>
    /// <param name="trailer">
    /// 1 to <see cref="MaxTrailerBytes"/> bytes; copied. A frame that ends otherwise is invalid.
    /// </param>
    /// <param name="countedByLength">
    /// Whether the length is that of payload and trailer, or of the payload alone.
    /// </param>
    /// <exception cref="ArgumentException">The trailer is empty or too long.</exception>
    public LengthPrefixFormat WithTrailer(ReadOnlySpan<byte> trailer, bool countedByLength)
    {
        if (trailer.IsEmpty || trailer.Length > MaxTrailerBytes)
            throw new ArgumentException($"A trailer has 1 to {MaxTrailerBytes} bytes.", nameof(trailer));
        return new LengthPrefixFormat(_kind, trailer.ToArray(), countedByLength);
    }

    /// <summary>Reads the length; <paramref name="header"/> holds at least <see cref="HeaderBytes"/>.</summary>
    internal ulong ReadLength(ReadOnlySpan<byte> header) => _kind switch
    {
        LengthPrefixKind.UInt16LittleEndian => BinaryPrimitives.ReadUInt16LittleEndian(header),
        LengthPrefixKind.UInt16BigEndian => BinaryPrimitives.ReadUInt16BigEndian(header),
        LengthPrefixKind.UInt32LittleEndian => BinaryPrimitives.ReadUInt32LittleEndian(header),
        LengthPrefixKind.UInt32BigEndian => BinaryPrimitives.ReadUInt32BigEndian(header),
        LengthPrefixKind.UInt64LittleEndian => BinaryPrimitives.ReadUInt64LittleEndian(header),
        LengthPrefixKind.UInt64BigEndian => BinaryPrimitives.ReadUInt64BigEndian(header),
        _ => throw new UnreachableException(),
    };

    /// <summary>Writes the length of a frame whose payload is at most <see cref="MaxPayloadBytes"/>.</summary>
    internal void WriteLength(Span<byte> header, int payloadBytes)
    {
        uint length = (uint)payloadBytes + (uint)CountedTrailerBytes;
        switch (_kind)
        {
            case LengthPrefixKind.UInt16LittleEndian:
                BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)length);
                break;
            case LengthPrefixKind.UInt16BigEndian:
                BinaryPrimitives.WriteUInt16BigEndian(header, (ushort)length);
                break;
            case LengthPrefixKind.UInt32LittleEndian:
                BinaryPrimitives.WriteUInt32LittleEndian(header, length);
                break;
            case LengthPrefixKind.UInt32BigEndian:
                BinaryPrimitives.WriteUInt32BigEndian(header, length);
                break;
            case LengthPrefixKind.UInt64LittleEndian:
                BinaryPrimitives.WriteUInt64LittleEndian(header, length);
                break;
            case LengthPrefixKind.UInt64BigEndian:
                BinaryPrimitives.WriteUInt64BigEndian(header, length);
                break;
        }
    }
}
