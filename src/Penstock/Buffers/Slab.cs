using System.Diagnostics;
using Penstock.Interop;

namespace Penstock.Buffers;

/// <summary>
/// Memory of a <see cref="BlockPool"/> that is taken from the operating system, and given back to it, as a whole: the
/// blocks of one size that it is divided into, last returned first rented.
/// </summary>
internal sealed unsafe class Slab : IDisposable
{
    private readonly int _size;
    private readonly int _count;
    private byte* _start;
    private Block? _free;
    private int _freeCount;

    public Slab(int blockSize, int count)
    {
        _size = blockSize * count;
        _count = _freeCount = count;
        _start = PageMemory.Allocate((nuint)_size);
        for (int i = count - 1; i >= 0; i--)
            _free = new Block(this, (nint)(_start + (i * blockSize)), blockSize) { Next = _free };
    }

    /// <summary>For a loop that ended, or left blocks to a kernel that may still read them.</summary>
    ~Slab() => Free();

    /// <summary>The slabs with free blocks before and after this one.</summary>
    public Slab? Previous { get; set; }

    /// <inheritdoc cref="Previous"/>
    public Slab? Next { get; set; }

    /// <summary>All of its bytes.</summary>
    public int Size => _size;

    public bool IsEmpty => _freeCount == _count;

    public bool IsFull => _freeCount == 0;

    public Block Take()
    {
        Debug.Assert(!IsFull, "only slabs with free blocks are asked");
        Block block = _free!;
        _free = block.Next;
        block.Next = null;
        _freeCount--;
        return block;
    }

    public void Put(Block block)
    {
        Debug.Assert(_freeCount < _count, "more was returned than was taken");
        block.Start = block.End = 0;
        block.Next = _free;
        _free = block;
        _freeCount++;
    }

    /// <summary>Gives the memory back; nobody may touch its blocks any more.</summary>
    public void Dispose()
    {
        Debug.Assert(IsEmpty, "a block is in use");
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_start is not null)
            PageMemory.Free(_start, (nuint)_size);
        _start = null;
    }
}
