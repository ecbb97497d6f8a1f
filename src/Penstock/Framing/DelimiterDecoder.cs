using System.Buffers;

namespace Penstock.Framing;

/// <summary>Frames that end with a fixed sequence of bytes; the payload is what comes before it.</summary>
/// <remarks>The default value has no delimiter and cannot decode.</remarks>
public struct DelimiterDecoder : IFrameDecoder
{
    /// <summary>The longest delimiter, in bytes.</summary>
    public const int MaxDelimiterBytes = 64;

    private readonly byte[]? _delimiter;
    private int _scanned;

    /// <param name="delimiter">1 to <see cref="MaxDelimiterBytes"/> bytes; copied.</param>
    /// <exception cref="ArgumentException">The delimiter is empty or too long.</exception>
    public DelimiterDecoder(ReadOnlySpan<byte> delimiter)
    {
        if (delimiter.IsEmpty || delimiter.Length > MaxDelimiterBytes)
            throw new ArgumentException($"A delimiter has 1 to {MaxDelimiterBytes} bytes.", nameof(delimiter));
        _delimiter = delimiter.ToArray();
    }

    /// <summary>Positions at the start of the input where the delimiter is known not to begin.</summary>
    internal readonly int Scanned => _scanned;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The decoder is the default value.</exception>
    public OperationStatus Decode(
        ReadOnlySpan<byte> input, int maxFrameBytes, out ReadOnlySpan<byte> payload, out int consumed)
    {
        payload = default;
        consumed = 0;
        ReadOnlySpan<byte> delimiter = _delimiter ?? throw new InvalidOperationException("No delimiter was given.");
        // A delimiter that ends beyond the window ends a payload that is too long.
        ReadOnlySpan<byte> window = input[..(int)Math.Min(input.Length, (long)maxFrameBytes + delimiter.Length)];
        int found = window[_scanned..].IndexOf(delimiter);
        if (found < 0)
        {
            // The last bytes may be the start of a delimiter that the next read completes: only they are kept.
            _scanned = Math.Max(_scanned, window.Length - (delimiter.Length - 1));
            return MayStillFit(window, delimiter, maxFrameBytes)
                ? OperationStatus.NeedMoreData
                : OperationStatus.DestinationTooSmall;
        }
        payload = window[..(_scanned + found)];
        consumed = payload.Length + delimiter.Length;
        _scanned = 0;
        return OperationStatus.Done;
    }

    /// <inheritdoc/>
    public void Reset() => _scanned = 0;

    /// <summary>Whether a delimiter can still begin at <paramref name="maxFrameBytes"/> or before.</summary>
    private readonly bool MayStillFit(ReadOnlySpan<byte> window, ReadOnlySpan<byte> delimiter, int maxFrameBytes)
    {
        if (window.Length <= maxFrameBytes)
            return true;
        for (int start = _scanned; start <= maxFrameBytes; start++)
        {
            if (delimiter.StartsWith(window[start..]))
                return true;
        }
        return false;
    }
}
