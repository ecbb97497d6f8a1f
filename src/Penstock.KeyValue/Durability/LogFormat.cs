using System.Buffers.Binary;
using System.Numerics;

namespace Penstock.KeyValue.Durability;

/// <summary>
/// How records lie in a file: length (u32, little-endian), CRC-32C of length and payload (u32), payload. A file begins
/// with <see cref="Magic"/>.
/// </summary>
internal static class LogFormat
{
    public const int HeaderBytes = 8;

    /// <summary>Names the format and its version.</summary>
    public static ReadOnlySpan<byte> Magic => "PSTKKV1\n"u8;

    public static void WriteHeader(Span<byte> header, ReadOnlySpan<byte> payload)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[sizeof(uint)..], Checksum(payload));
    }

    public static bool Matches(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) =>
        BinaryPrimitives.ReadUInt32LittleEndian(header[sizeof(uint)..]) == Checksum(payload);

    public static uint LengthOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32LittleEndian(header);

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
