using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Penstock;

/// <summary>
/// Bytes that are encoded once and sent to many connections without a copy for each. Counts its references, and returns
/// its memory when the last is gone.
/// </summary>
/// <remarks>
/// Whoever creates a payload holds one reference and gives it back with <see cref="Dispose"/>; connections and topics
/// take their own. Write first, send then: the bytes must not change once somebody sends them. Sending, retaining and
/// disposing are safe from any thread; writing is not.
/// </remarks>
public sealed class SharedPayload : IBufferWriter<byte>, IDisposable
{
    private const int DefaultCapacity = 256;

    private byte[] _bytes;
    private int _references = 1;

    private SharedPayload(int capacity) => _bytes = PayloadMemory.Rent(capacity);

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes written so far; valid while the caller holds a reference.</summary>
    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    /// <summary>Where the bytes are; they do not move once writing is over.</summary>
    internal unsafe nint Address => (nint)Unsafe.AsPointer(ref _bytes[0]);

    internal byte[] Bytes => _bytes;

    /// <summary>An empty payload to write to.</summary>
    /// <param name="capacity">Bytes that can be written before memory is moved.</param>
    public static SharedPayload Create(int capacity = DefaultCapacity) => new(capacity);

    /// <summary>A payload with a copy of <paramref name="bytes"/>.</summary>
    public static SharedPayload Copy(ReadOnlySpan<byte> bytes)
    {
        var payload = new SharedPayload(bytes.Length);
        bytes.CopyTo(payload.GetSpan(bytes.Length));
        payload.Advance(bytes.Length);
        return payload;
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        int needed = Math.Max(sizeHint, 1);
        if (_bytes.Length - Length < needed)
            Grow(needed);
        return _bytes.AsMemory(Length);
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        if ((uint)count > (uint)(_bytes.Length - Length))
        {
            throw new ArgumentOutOfRangeException(
                nameof(count), count, "Advance goes past the memory that was given out.");
        }
        Length += count;
    }

    /// <summary>Gives one reference back.</summary>
    public void Dispose()
    {
        int left = Interlocked.Decrement(ref _references);
        if (left > 0)
            return;
        if (left < 0)
            ThrowDisposed();
        byte[] bytes = _bytes;
        _bytes = [];
        PayloadMemory.Return(bytes);
    }

    /// <summary>Takes another reference. The caller must hold one.</summary>
    internal void Retain()
    {
        if (Interlocked.Increment(ref _references) > 1)
            return;
        Interlocked.Decrement(ref _references);
        ThrowDisposed();
    }

    private void Grow(int needed)
    {
        byte[] larger = PayloadMemory.Rent(Math.Max(Length + needed, _bytes.Length * 2));
        Span.CopyTo(larger);
        PayloadMemory.Return(_bytes);
        _bytes = larger;
    }

    [DoesNotReturn]
    private static void ThrowDisposed() =>
        throw new ObjectDisposedException(nameof(SharedPayload), "The payload was given back once too often.");
}
