using System.Buffers;

namespace Penstock.Framing;

/// <summary>Frames that all have the same size and nothing around them.</summary>
/// <remarks>The default value has no size and cannot decode.</remarks>
public readonly struct FixedSizeDecoder : IFrameDecoder
{
    private readonly int _size;

    /// <param name="size">Bytes of every frame, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is not positive.</exception>
    public FixedSizeDecoder(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        _size = size;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The decoder is the default value.</exception>
    public OperationStatus Decode(
        ReadOnlySpan<byte> input, int maxFrameBytes, out ReadOnlySpan<byte> payload, out int consumed)
    {
        payload = default;
        consumed = 0;
        // An empty frame consumes nothing: the caller's loop over its input would never end.
        if (_size == 0)
            throw new InvalidOperationException("No frame size was given.");
        if (_size > maxFrameBytes)
            return OperationStatus.DestinationTooSmall;
        if (_size > input.Length)
            return OperationStatus.NeedMoreData;
        payload = input[.._size];
        consumed = _size;
        return OperationStatus.Done;
    }

    /// <inheritdoc/>
    public void Reset()
    {
    }
}
