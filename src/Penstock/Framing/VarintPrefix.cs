using System.Buffers;
using System.Numerics;

namespace Penstock.Framing;

/// <summary>Writes the frames that <see cref="VarintPrefixDecoder"/> reads.</summary>
public static class VarintPrefix
{
    /// <summary>
    /// Writes the length of <paramref name="payload"/> in the shortest base-128 varint, then the payload, with one
    /// <c>GetSpan</c> and one <c>Advance</c>.
    /// </summary>
    /// <param name="writer">Where the frame goes. A struct writer must keep its position behind a reference.</param>
    /// <param name="payload">The frame's content; copied.</param>
    /// <exception cref="ArgumentException">The frame would be longer than one span can be.</exception>
    public static void Write<TWriter>(TWriter writer, ReadOnlySpan<byte> payload)
        where TWriter : IBufferWriter<byte>
    {
        const int MaxPayloadBytes = int.MaxValue - VarintPrefixDecoder.MaxHeaderBytes;
        if (payload.Length > MaxPayloadBytes)
            LengthPrefix.ThrowTooLong(payload, MaxPayloadBytes);
        int header = HeaderBytes((uint)payload.Length);
        Span<byte> frame = writer.GetSpan(header + payload.Length);
        WriteLength(frame[..header], (uint)payload.Length);
        payload.CopyTo(frame[header..]);
        writer.Advance(header + payload.Length);
    }

    private static int HeaderBytes(uint length) => BitOperations.Log2(length | 1) / 7 + 1;

    private static void WriteLength(Span<byte> header, uint length)
    {
        foreach (ref byte group in header[..^1])
        {
            group = (byte)(length | 0x80);
            length >>= 7;
        }
        header[^1] = (byte)length;
    }
}
