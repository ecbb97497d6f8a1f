using System.Buffers;

namespace Penstock.Kestrel.Buffers;

/// <summary>One buffer in a chain: written at the end, read from the front. Not synchronised; its queue is.</summary>
internal sealed class PooledSegment : ReadOnlySequenceSegment<byte>
{
    private IMemoryOwner<byte>? _owner;
    private byte[]? _array;
    private Memory<byte> _available;

    /// <summary>One past the last byte written.</summary>
    public int End { get; private set; }

    /// <summary>The first byte that is not read yet.</summary>
    public int Start { get; set; }

    public int Length => End - Start;

    public Memory<byte> Free => _available[End..];

    public int FreeLength => _available.Length - End;

    public PooledSegment? NextSegment => (PooledSegment?)Next;

    /// <summary>Takes memory: a block of the pool, or an array when a block is too small.</summary>
    public void Rent(MemoryPool<byte> pool, int sizeHint)
    {
        if (sizeHint <= pool.MaxBufferSize)
        {
            _owner = pool.Rent(Math.Max(sizeHint, Math.Min(pool.MaxBufferSize, SegmentQueue.BlockSize)));
            _available = _owner.Memory;
        }
        else
        {
            _array = ArrayPool<byte>.Shared.Rent(sizeHint);
            _available = _array;
        }
    }

    /// <summary>
    /// The first bytes of <see cref="Free"/> are written. Only the length of the memory that
    /// readers see changes, so one that holds an older part of this segment is not disturbed.
    /// </summary>
    public void Advance(int count)
    {
        End += count;
        Memory = _available[..End];
    }

    /// <summary>Puts a segment behind this one, which is written to no more.</summary>
    public void Append(PooledSegment next)
    {
        next.RunningIndex = RunningIndex + End;
        Next = next;
    }

    /// <summary>Gives the memory back and forgets everything.</summary>
    public void Release()
    {
        _owner?.Dispose();
        if (_array is not null)
            ArrayPool<byte>.Shared.Return(_array);
        _owner = null;
        _array = null;
        _available = default;
        Memory = default;
        Next = null;
        RunningIndex = 0;
        Start = End = 0;
    }
}
