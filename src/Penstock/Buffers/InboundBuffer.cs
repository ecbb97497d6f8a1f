using System.Buffers;
using Penstock.Interop;

namespace Penstock.Buffers;

/// <summary>
/// The received bytes that a handler left unconsumed, contiguous, so that a frame that came in pieces is seen whole.
/// Empty, it holds no memory. A mutable struct that lives in its connection; loop thread only.
/// </summary>
/// <remarks>
/// A short tail lies in an array of the shared pool. A long one has pages of its own: they grow without a copy, only
/// those that were written to cost memory, and they go back to the operating system as a whole. Memory follows the bytes
/// that really came and not what a header announced. Nothing is cleared: only what was received is ever shown.
/// </remarks>
internal unsafe struct InboundBuffer
{
    /// <summary>The shared pool keeps arrays of this size per core, and copying one is soon done.</summary>
    public const int LargestArray = 64 * 1024;

    private byte[]? _array;
    private byte* _pages;
    private int _pageBytes;
    private int _start;
    private int _end;

    public readonly int Length => _end - _start;

    public readonly bool IsEmpty => _end == _start;

    /// <summary>Bytes that it holds of the process's memory.</summary>
    public readonly int Capacity => _pages is null ? _array?.Length ?? 0 : _pageBytes;

    /// <summary>Everything not consumed yet, valid until the next call of a method that changes the buffer.</summary>
    public readonly ReadOnlySpan<byte> Unread => All.Slice(_start, Length);

    private readonly Span<byte> All => _pages is null ? _array : new Span<byte>(_pages, _pageBytes);

    /// <summary>Adds bytes behind what is there.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (Capacity - _end < bytes.Length)
            MakeRoom(bytes.Length);
        bytes.CopyTo(All[_end..]);
        _end += bytes.Length;
    }

    /// <summary>Drops bytes from the front; the last byte's departure frees the memory.</summary>
    public void Consume(int count)
    {
        _start += count;
        if (_start == _end)
            Clear();
        else if (_pages is not null && Length <= LargestArray / 2)
            MoveTo(LargestArray);
    }

    /// <summary>Drops everything and frees the memory.</summary>
    public void Clear()
    {
        Free();
        this = default;
    }

    private void MakeRoom(int count)
    {
        int needed = Length + count;
        if (Capacity >= needed && _start >= Length)
        {
            // Half or more is already consumed, so moving the rest down costs less than it freed.
            MoveDown();
        }
        else if (_pages is not null)
        {
            MoveDown();
            int larger = Larger(needed);
            _pages = PageMemory.Resize(_pages, (nuint)_pageBytes, (nuint)larger);
            _pageBytes = larger;
        }
        else
        {
            MoveTo(Math.Max(needed, Length * 2));
        }
    }

    /// <summary>A quarter more than there is, so that growing is rare, in pages.</summary>
    private readonly int Larger(int needed)
    {
        int quarterMore = (int)Math.Min(Array.MaxLength - LargestArray, _pageBytes + ((long)_pageBytes / 4));
        return (Math.Max(needed, quarterMore) + LargestArray - 1) / LargestArray * LargestArray;
    }

    private void MoveDown()
    {
        Unread.CopyTo(All);
        _end = Length;
        _start = 0;
    }

    private void MoveTo(int capacity)
    {
        InboundBuffer target = default;
        if (capacity <= LargestArray)
        {
            target._array = ArrayPool<byte>.Shared.Rent(capacity);
        }
        else
        {
            target._pageBytes = Larger(capacity);
            target._pages = PageMemory.Allocate((nuint)target._pageBytes);
        }

        Unread.CopyTo(target.All);
        target._end = Length;
        Free();
        this = target;
    }

    private readonly void Free()
    {
        if (_pages is not null)
            PageMemory.Free(_pages, (nuint)_pageBytes);
        else if (_array is not null)
            ArrayPool<byte>.Shared.Return(_array);
    }
}
