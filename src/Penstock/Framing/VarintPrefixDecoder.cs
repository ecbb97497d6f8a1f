using System.Buffers;

namespace Penstock.Framing;

/// <summary>
/// Frames that begin with their length as a base-128 varint, as protobuf's delimited streams do: seven bits a byte,
/// least significant first, the top bit set on all but the last byte
/// (https://protobuf.dev/programming-guides/encoding/#varints).
/// </summary>
/// <remarks>
/// Lengths have 32 bits, so a prefix has at most five bytes. One that is longer, or that sets bits above the 32nd, is
/// <see cref="OperationStatus.InvalidData"/>. Padding with zero groups within the five bytes is accepted, as
/// protobuf's own parsers do. The prefix is read again when more bytes arrive: five bytes are not worth remembering.
/// </remarks>
public readonly struct VarintPrefixDecoder : IFrameDecoder
{
    internal const int MaxHeaderBytes = 5;

    // The fifth byte carries bits 28 to 31.
    private const byte MaxFifthByte = 0x0F;

    /// <inheritdoc/>
    public OperationStatus Decode(
        ReadOnlySpan<byte> input, int maxFrameBytes, out ReadOnlySpan<byte> payload, out int consumed)
    {
        payload = default;
        consumed = 0;
        OperationStatus status = ReadLength(input, out uint length, out int header);
        if (status != OperationStatus.Done)
            return status;
        if (length > maxFrameBytes)
            return OperationStatus.DestinationTooSmall;
        if (length > input.Length - header)
            return OperationStatus.NeedMoreData;
        payload = input.Slice(header, (int)length);
        consumed = header + (int)length;
        return OperationStatus.Done;
    }

    /// <inheritdoc/>
    public void Reset()
    {
    }

    private static OperationStatus ReadLength(ReadOnlySpan<byte> input, out uint length, out int header)
    {
        length = 0;
        header = 0;
        foreach (byte group in input)
        {
            if (header == MaxHeaderBytes - 1 && group > MaxFifthByte)
                return OperationStatus.InvalidData;
            length |= (group & 0x7Fu) << (7 * header);
            header++;
            if (group < 0x80)
                return OperationStatus.Done;
        }
        return OperationStatus.NeedMoreData;
    }
}
