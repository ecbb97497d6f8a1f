using System.Buffers;
using Penstock.Interop;

namespace Penstock.Buffers;

/// <summary>
/// The received bytes that a handler left unconsumed, contiguous, so that a frame that came in pieces is seen whole.
/// Empty, it holds no memory. A mutable struct that lives in its connection; loop thread only.
/// </summary>
/// <remarks>
/// A short tail lies in an array of the shared pool. A longer one has pages of its own: they grow without a copy, and
/// go back to the operating system, which arrays that fell to the collector do only when it runs. Memory follows the
/// bytes that really came and not what a header announced. Nothing is cleared: only what was received is ever shown.
/// </remarks>
internal unsafe struct InboundBuffer(LoopMemory memory)
{
    /// <summary>What is longer has pages; a copy of this is soon made.</summary>
    public const int LargestArray = 8 * 1024;

    private readonly LoopMemory _memory = memory;
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
        else if (_pages is not null && Length <= LargestArray)
            MoveTo(LargestArray);
    }

    /// <summary>Drops everything and frees the memory.</summary>
    public void Clear()
    {
        Free();
        this = new InboundBuffer(_memory);
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
            int more = larger - _pageBytes;
            _pageBytes = larger;
            _memory.Add(more);
        }
        else
        {
            MoveTo(Math.Max(needed, Length * 2));
        }
    }

    /// <summary>A quarter more than there is, so that growing is rare, in whole pieces.</summary>
    private readonly int Larger(int needed)
    {
        const int piece = LoopMemory.SmallestPages;
        int quarterMore = (int)Math.Min(Array.MaxLength - piece, _pageBytes + ((long)_pageBytes / 4));
        return (Math.Max(needed, quarterMore) + piece - 1) / piece * piece;
    }

    private void MoveDown()
    {
        Unread.CopyTo(All);
        _end = Length;
        _start = 0;
    }

    private void MoveTo(int capacity)
    {
        var target = new InboundBuffer(_memory);
        if (capacity <= LargestArray)
        {
            target._array = ArrayPool<byte>.Shared.Rent(capacity);
        }
        else
        {
            target._pageBytes = Larger(capacity);
            target._pages = _memory.RentPages(target._pageBytes);
        }

        Unread.CopyTo(target.All);
        target._end = Length;
        Free();
        this = target;
        _memory.Add(Capacity);
    }

    private readonly void Free()
    {
        _memory.Subtract(Capacity);
        if (_pages is not null)
            _memory.ReturnPages(_pages, _pageBytes);
        else if (_array is not null)
            ArrayPool<byte>.Shared.Return(_array);
    }
}
