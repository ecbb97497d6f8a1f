using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Penstock.Framing;

/// <summary>
/// Frames that begin with their length. The default value reads a 4-byte little-endian length and no trailer.
/// </summary>
/// <remarks>
/// It keeps no progress: the length is read again when more bytes arrive, which costs less than remembering it and
/// leaves nothing behind that a reused decoder could trip over.
/// </remarks>
/// <param name="format">The layout of a frame.</param>
public readonly struct LengthPrefixDecoder(LengthPrefixFormat format) : IFrameDecoder
{
    private readonly LengthPrefixFormat _format = format;

    /// <inheritdoc/>
    /// <remarks>
    /// A length that no buffer could hold is <see cref="OperationStatus.DestinationTooSmall"/> like any other that is
    /// over the limit. A counted trailer that does not fit the length, or a trailer with other bytes than the
    /// format's, is <see cref="OperationStatus.InvalidData"/>.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public OperationStatus Decode(
        ReadOnlySpan<byte> input, int maxFrameBytes, out ReadOnlySpan<byte> payload, out int consumed)
    {
        // The layout nearly every frame has is decoded in the caller's loop; the others pay for one call.
        return _format.IsPlainUInt32LittleEndian
            ? DecodePlain(input, maxFrameBytes, out payload, out consumed)
            : DecodeAny(input, maxFrameBytes, out payload, out consumed);
    }

    /// <inheritdoc/>
    public void Reset()
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static OperationStatus DecodePlain(
        ReadOnlySpan<byte> input, int maxFrameBytes, out ReadOnlySpan<byte> payload, out int consumed)
    {
        payload = default;
        consumed = 0;
        if (!BinaryPrimitives.TryReadUInt32LittleEndian(input, out uint length))
            return OperationStatus.NeedMoreData;
        if (length > maxFrameBytes)
            return OperationStatus.DestinationTooSmall;
        if (length > input.Length - sizeof(uint))
            return OperationStatus.NeedMoreData;
        payload = input.Slice(sizeof(uint), (int)length);
        consumed = sizeof(uint) + (int)length;
        return OperationStatus.Done;
    }

    private OperationStatus DecodeAny(
        ReadOnlySpan<byte> input, int maxFrameBytes, out ReadOnlySpan<byte> payload, out int consumed)
    {
        payload = default;
        consumed = 0;
        int header = _format.HeaderBytes;
        if (input.Length < header)
            return OperationStatus.NeedMoreData;
        ulong length = _format.ReadLength(input);
        ulong counted = (ulong)_format.CountedTrailerBytes;
        if (length < counted)
            return OperationStatus.InvalidData;
        if (length - counted > (ulong)maxFrameBytes)
            return OperationStatus.DestinationTooSmall;
        return CutBody(input[header..], (int)(length - counted), out payload, out consumed);
    }

    private OperationStatus CutBody(
        ReadOnlySpan<byte> body, int payloadBytes, out ReadOnlySpan<byte> payload, out int consumed)
    {
        payload = default;
        consumed = 0;
        ReadOnlySpan<byte> trailer = _format.Trailer;
        // Subtracted, not added: payload and trailer together may be more than an int can say.
        if (body.Length - trailer.Length < payloadBytes)
            return OperationStatus.NeedMoreData;
        if (!body.Slice(payloadBytes, trailer.Length).SequenceEqual(trailer))
            return OperationStatus.InvalidData;
        payload = body[..payloadBytes];
        consumed = _format.HeaderBytes + payloadBytes + trailer.Length;
        return OperationStatus.Done;
    }
}
