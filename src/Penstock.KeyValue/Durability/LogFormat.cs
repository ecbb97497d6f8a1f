using System.Buffers.Binary;
using System.Numerics;

namespace Penstock.KeyValue.Durability;

/// <summary>
/// How records lie in a file: length (u32, little-endian), CRC-32C of length and payload (u32), payload. In front of
/// them is the file's header: <see cref="Magic"/>, the file's identifier (u64), CRC-32C of both (u32).
/// </summary>
/// <remarks>
/// <para>A mark is a record that says: everything in front of me was on the disk when I was written. It holds the
/// file's identifier and its own offset. Damage with a mark anywhere behind it is damage of what was safe; behind the
/// last mark, a power failure may have left anything.</para>
/// <para>The identifier is drawn at random and never told, so what a client stores cannot be a mark, and marks are
/// found by going through the bytes once. The offset tells a mark from a copy of one.</para>
/// </remarks>
internal static class LogFormat
{
    public const int HeaderBytes = 8;
    public const int FileHeaderBytes = 20;
    public const int MarkBytes = HeaderBytes + MarkPayloadBytes;

    /// <summary>Where the identifier stands in a mark.</summary>
    public const int MarkIdentifierOffset = HeaderBytes + 1 + sizeof(int);

    private const int MarkPayloadBytes = 1 + sizeof(int) + sizeof(ulong) + sizeof(long);

    /// <summary>Names the format and its version.</summary>
    public static ReadOnlySpan<byte> Magic => "PSTKKV2\n"u8;

    public static void WriteFileHeader(Span<byte> header, ulong identifier)
    {
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], identifier);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], Checksum(header[..16]));
    }

    public static bool TryReadFileHeader(ReadOnlySpan<byte> header, out ulong identifier)
    {
        identifier = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
        return header.StartsWith(Magic)
            && BinaryPrimitives.ReadUInt32LittleEndian(header[16..]) == Checksum(header[..16]);
    }

    public static void WriteHeader(Span<byte> header, ReadOnlySpan<byte> payload)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[sizeof(uint)..], Checksum(payload));
    }

    public static bool Matches(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) =>
        BinaryPrimitives.ReadUInt32LittleEndian(header[sizeof(uint)..]) == Checksum(payload);

    public static uint LengthOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32LittleEndian(header);

    /// <summary>Writes a mark, whole with its header.</summary>
    public static void WriteMark(Span<byte> mark, ulong identifier, long offset)
    {
        Span<byte> payload = mark[HeaderBytes..MarkBytes];
        payload.Clear();
        payload[0] = (byte)LogOperation.Mark;
        BinaryPrimitives.WriteUInt64LittleEndian(payload[(1 + sizeof(int))..], identifier);
        BinaryPrimitives.WriteInt64LittleEndian(payload[(1 + sizeof(int) + sizeof(ulong))..], offset);
        WriteHeader(mark, payload);
    }

    /// <summary>Whether bytes are the mark that this file would have at this offset.</summary>
    public static bool IsMark(ReadOnlySpan<byte> bytes, ulong identifier, long offset)
    {
        Span<byte> expected = stackalloc byte[MarkBytes];
        WriteMark(expected, identifier, offset);
        return bytes.SequenceEqual(expected);
    }

    /// <summary>
    /// CRC-32C (Castagnoli) of the length and the payload; the processor has an instruction for it. The length is
    /// included so that a record of zeros is not a valid one.
    /// </summary>
    private static uint Checksum(ReadOnlySpan<byte> payload)
    {
        uint crc = BitOperations.Crc32C(uint.MaxValue, (uint)payload.Length);
        while (payload.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(payload));
            payload = payload[sizeof(ulong)..];
        }

        foreach (byte value in payload)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
