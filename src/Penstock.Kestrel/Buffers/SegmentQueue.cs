using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Penstock.Kestrel.Buffers;

/// <summary>
/// Bytes in pooled memory, written at the back and consumed from the front. Empty, it holds no memory. Not synchronised; a
/// mutable struct that lives in its owner and is never copied.
/// </summary>
internal struct SegmentQueue(MemoryPool<byte> pool)
{
    /// <summary>What is asked of a pool that would give less.</summary>
    public const int BlockSize = 4096;

    private readonly MemoryPool<byte> _pool = pool;
    private PooledSegment? _head;
    private PooledSegment? _tail;

    /// <summary>The segment that was released last: the next message finds an object to live in.</summary>
    private PooledSegment? _spare;

    /// <summary>Bytes committed and not consumed.</summary>
    public long Length { get; private set; }

    /// <summary>Everything that is not consumed.</summary>
    public readonly ReadOnlySequence<byte> Unread => Until(_tail, _tail?.End ?? 0);

    /// <summary>The segment that is written to.</summary>
    public readonly PooledSegment? Tail => _tail;

    /// <summary>What is not consumed and lies before a place in the chain.</summary>
    public readonly ReadOnlySequence<byte> Until(PooledSegment? segment, int end) =>
        _head is null || segment is null ? default : new ReadOnlySequence<byte>(_head, _head.Start, segment, end);

    /// <summary>At least <paramref name="sizeHint"/> writable bytes (one or more when it is 0).</summary>
    public Memory<byte> GetMemory(int sizeHint)
    {
        if (_tail is null || _tail.FreeLength < Math.Max(sizeHint, 1))
            Append(sizeHint);
        return _tail.Free;
    }

    /// <summary>
    /// Says that so many bytes of the memory last given out are written. Touches the tail only, which consuming leaves alone
    /// while it is told to, so that a writer needs no lock for this.
    /// </summary>
    public readonly void Advance(int count)
    {
        if (count == 0)
            return;
        if (_tail is null || (uint)count > (uint)_tail.FreeLength)
            throw new ArgumentOutOfRangeException(nameof(count), count, "Advance goes past the end of the memory that was given out.");
        _tail.Advance(count);
    }

    /// <summary>What was advanced over may be consumed.</summary>
    public void Commit(long count) => Length += count;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Span<byte> room = GetMemory(0).Span;
            int count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            Advance(count);
            Commit(count);
            bytes = bytes[count..];
        }
    }

    /// <summary>Drops bytes from the front and releases what they emptied.</summary>
    /// <param name="count">At most <see cref="Length"/>.</param>
    /// <param name="keepTail">The tail's memory is in a writer's hands and must stay.</param>
    public void Consume(long count, bool keepTail)
    {
        Length -= count;
        while (_head is { } head && count >= head.Length && (head != _tail || !keepTail))
        {
            count -= head.Length;
            _head = head.NextSegment;
            if (_head is null)
                _tail = null;
            head.Release();
            _spare = head;
        }

        if (_head is not null)
            _head.Start += (int)count;
    }

    [MemberNotNull(nameof(_tail))]
    private void Append(int sizeHint)
    {
        PooledSegment segment = _spare ?? new PooledSegment();
        _spare = null;
        segment.Rent(_pool, sizeHint);
        if (_tail is null)
            _head = segment;
        else
            _tail.Append(segment);
        _tail = segment;
    }
}
