using System.Buffers;

namespace Penstock.Framing;

/// <summary>Lines, without what ends them. The default value takes LF and CR LF alike.</summary>
/// <remarks>
/// A carriage return anywhere but right before the line feed is part of the line. Where a lone line feed is part of
/// the line too, use <see cref="DelimiterDecoder"/> with CR LF.
/// </remarks>
/// <param name="ending">What ends a line.</param>
public struct LineDecoder(LineEnding ending) : IFrameDecoder
{
    private const byte LineFeed = (byte)'\n';
    private const byte CarriageReturn = (byte)'\r';

    private readonly LineEnding _ending = ending;
    private int _scanned;

    /// <summary>Bytes at the start of the input that are known to hold no line feed.</summary>
    internal readonly int Scanned => _scanned;

    /// <inheritdoc/>
    /// <remarks>
    /// A line feed without its carriage return is <see cref="OperationStatus.InvalidData"/> under
    /// <see cref="LineEnding.CarriageReturnLineFeed"/>, unless the line is too long as well.
    /// </remarks>
    public OperationStatus Decode(
        ReadOnlySpan<byte> input, int maxFrameBytes, out ReadOnlySpan<byte> payload, out int consumed)
    {
        payload = default;
        consumed = 0;
        // The longest line, CR and LF. What lies beyond cannot matter, so a full buffer is not searched for it.
        ReadOnlySpan<byte> window = input[..(int)Math.Min(input.Length, maxFrameBytes + 2L)];
        int lineFeed = window[_scanned..].IndexOf(LineFeed);
        if (lineFeed < 0)
        {
            _scanned = window.Length;
            return MayStillFit(window, maxFrameBytes)
                ? OperationStatus.NeedMoreData
                : OperationStatus.DestinationTooSmall;
        }
        return CutLine(window[..(_scanned + lineFeed)], maxFrameBytes, out payload, out consumed);
    }

    /// <inheritdoc/>
    public void Reset() => _scanned = 0;

    private static bool MayStillFit(ReadOnlySpan<byte> unended, int maxFrameBytes) =>
        unended.Length <= maxFrameBytes || (unended.Length == maxFrameBytes + 1 && unended[^1] == CarriageReturn);

    private OperationStatus CutLine(
        ReadOnlySpan<byte> line, int maxFrameBytes, out ReadOnlySpan<byte> payload, out int consumed)
    {
        payload = default;
        consumed = 0;
        bool hasCarriageReturn = line is [.., CarriageReturn];
        ReadOnlySpan<byte> text = hasCarriageReturn ? line[..^1] : line;
        // First of the two checks, because it may have been decided before the line feed arrived.
        if (text.Length > maxFrameBytes)
            return OperationStatus.DestinationTooSmall;
        if (!hasCarriageReturn && _ending == LineEnding.CarriageReturnLineFeed)
            return OperationStatus.InvalidData;
        payload = text;
        consumed = line.Length + 1;
        _scanned = 0;
        return OperationStatus.Done;
    }
}
