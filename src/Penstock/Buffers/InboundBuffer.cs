using System.Buffers;

namespace Penstock.Buffers;

/// <summary>
/// The received bytes that a handler left unconsumed, contiguous, so that a frame that came in pieces is seen whole.
/// Empty, it holds no memory. A mutable struct that lives in its connection; loop thread only.
/// </summary>
/// <remarks>
/// Arrays come from the shared array pool and go back when the tail is consumed, so memory follows the bytes that
/// really came and not what a header announced. They are not cleared: only what was received is ever shown.
/// </remarks>
internal struct InboundBuffer
{
    private byte[]? _array;
    private int _start;
    private int _end;

    public readonly int Length => _end - _start;

    public readonly bool IsEmpty => _end == _start;

    /// <summary>Everything not consumed yet, valid until the next call of a method that changes the buffer.</summary>
    public readonly ReadOnlySpan<byte> Unread => _array.AsSpan(_start, Length);

    /// <summary>Adds bytes behind what is there.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_array is null || _array.Length - _end < bytes.Length)
            MakeRoom(bytes.Length);
        bytes.CopyTo(_array.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>Drops bytes from the front; the last byte's departure frees the memory.</summary>
    public void Consume(int count)
    {
        _start += count;
        if (_start == _end)
            Clear();
    }

    /// <summary>Drops everything and frees the memory.</summary>
    public void Clear()
    {
        if (_array is not null)
            ArrayPool<byte>.Shared.Return(_array);
        this = default;
    }

    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(_array))]
    private void MakeRoom(int count)
    {
        int needed = Length + count;
        if (_array is not null && _array.Length >= needed && _start >= Length)
        {
            // Half or more of the array is already consumed, so moving the rest down costs less than it freed.
            Unread.CopyTo(_array);
        }
        else
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Length * 2));
            Unread.CopyTo(larger);
            if (_array is not null)
                ArrayPool<byte>.Shared.Return(_array);
            _array = larger;
        }

        _end = Length;
        _start = 0;
    }
}
