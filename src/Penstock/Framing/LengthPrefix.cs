using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Penstock.Framing;

/// <summary>Writes the frames that <see cref="LengthPrefixDecoder"/> reads.</summary>
/// <remarks>
/// A frame is staged with one <c>GetSpan</c> and one <c>Advance</c>, so nothing of it is staged when that throws. The
/// writer's type is a type parameter so that the calls are direct where the JIT knows it. A struct writer is
/// passed by value: it must keep its position behind a reference.
/// </remarks>
public static class LengthPrefix
{
    /// <summary>Writes a 4-byte little-endian length and <paramref name="payload"/>.</summary>
    /// <param name="writer">Where the frame goes.</param>
    /// <param name="payload">The frame's content; copied.</param>
    /// <exception cref="ArgumentException">The frame would be longer than one span can be.</exception>
    public static void Write<TWriter>(TWriter writer, ReadOnlySpan<byte> payload)
        where TWriter : IBufferWriter<byte>
    {
        if (payload.Length > int.MaxValue - sizeof(uint))
            ThrowTooLong(payload, int.MaxValue - sizeof(uint));
        int total = sizeof(uint) + payload.Length;
        Span<byte> frame = writer.GetSpan(total);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)payload.Length);
        payload.CopyTo(frame[sizeof(uint)..]);
        writer.Advance(total);
    }

    /// <summary>Writes length, <paramref name="payload"/> and trailer as <paramref name="format"/> says.</summary>
    /// <param name="writer">Where the frame goes.</param>
    /// <param name="payload">The frame's content, without the trailer; copied.</param>
    /// <param name="format">The layout of the frame.</param>
    /// <exception cref="ArgumentException">
    /// The payload is longer than the format's <see cref="LengthPrefixFormat.MaxPayloadBytes"/>.
    /// </exception>
    public static void Write<TWriter>(TWriter writer, ReadOnlySpan<byte> payload, LengthPrefixFormat format)
        where TWriter : IBufferWriter<byte>
    {
        if (payload.Length > format.MaxPayloadBytes)
            ThrowTooLong(payload, format.MaxPayloadBytes);
        int trailerStart = format.HeaderBytes + payload.Length;
        int total = trailerStart + format.Trailer.Length;
        Span<byte> frame = writer.GetSpan(total);
        format.WriteLength(frame, payload.Length);
        payload.CopyTo(frame[format.HeaderBytes..]);
        format.Trailer.CopyTo(frame[trailerStart..]);
        writer.Advance(total);
    }

    [DoesNotReturn]
    internal static void ThrowTooLong(ReadOnlySpan<byte> payload, int maxPayloadBytes) =>
        throw new ArgumentException(
            $"A payload of {payload.Length} bytes does not fit; this frame holds at most {maxPayloadBytes}.",
            nameof(payload));
}
