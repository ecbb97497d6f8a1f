namespace Penstock.Buffers;

/// <summary>
/// Blocks of one size for one loop, last returned first rented, because that one is still in the cache. Loop thread
/// only.
/// </summary>
/// <remarks>
/// Blocks are parts of slabs. A slab of which nothing is in use goes back to the operating system when
/// <see cref="MaxFreeBytes"/> are free without it, so a burst leaves nothing behind. Pinned arrays were rejected: the
/// few that stay in use hold the collector's regions around them. Larger blocks have a slab of their own, and are not
/// kept.
/// </remarks>
internal sealed class BlockPool(
    int blockSize = BlockPool.DefaultBlockSize,
    int maxFreeBytes = BlockPool.DefaultMaxFreeBytes,
    LoopMemory? memory = null)
{
    /// <summary>Holds a 4 KiB message with its prefix in one segment, and two pages are cheap to touch.</summary>
    public const int DefaultBlockSize = 8 * 1024;

    /// <summary>Enough for 1,024 connections to answer in one turn without asking the system for memory.</summary>
    public const int DefaultMaxFreeBytes = 8 * 1024 * 1024;

    /// <summary>Few calls of the system, and little that one block in use keeps.</summary>
    public const int BlocksPerSlab = 32;

    /// <summary>Blocks that refer to payloads are small; enough are kept for every receiver of a broadcast.</summary>
    private const int MaxFreeReferences = 16 * 1024;

    private readonly LoopMemory _memory = memory ?? new LoopMemory(MemoryBudget.Unlimited);

    /// <summary>The slabs with free blocks; the one that was returned to last is in front.</summary>
    private Slab? _open;

    private Block? _freeReferences;
    private int _freeReferenceCount;

    public int BlockSize => blockSize;

    /// <summary>With so much free, slabs of which nothing is in use are given back.</summary>
    public int MaxFreeBytes => maxFreeBytes;

    /// <summary>What one connection may have staged, though a handler does not ask whether there is room.</summary>
    public long LongestQueue { get; } = memory?.Budget.MostPerConnection ?? long.MaxValue;

    /// <summary>Bytes now kept for reuse.</summary>
    public int FreeBytes { get; private set; }

    /// <summary>Bytes now handed out, large blocks included.</summary>
    public long RentedBytes { get; private set; }

    /// <summary>
    /// A block with at least <paramref name="minimumSize"/> bytes free; its content is undefined.
    /// </summary>
    public Block Rent(int minimumSize)
    {
        Block block = minimumSize <= blockSize ? TakeFree() : new Slab(minimumSize, 1).Take();
        RentedBytes += block.Size;
        _memory.Add(block.Size);
        return block;
    }

    /// <summary>A block that refers to <paramref name="payload"/> and holds on to it until it is returned.</summary>
    public Block Refer(SharedPayload payload)
    {
        Block? block = _freeReferences;
        if (block is null)
        {
            block = new Block();
        }
        else
        {
            _freeReferences = block.Next;
            block.Next = null;
            _freeReferenceCount--;
        }

        block.Refer(payload);
        return block;
    }

    /// <summary>Takes a block back. The caller keeps no reference to it.</summary>
    public void Return(Block block)
    {
        if (block.Slab is not { } slab)
        {
            ReturnReference(block);
            return;
        }

        RentedBytes -= block.Size;
        _memory.Subtract(block.Size);
        bool wasFull = slab.IsFull;
        slab.Put(block);
        if (block.Size != blockSize)
            slab.Dispose();
        else
            Keep(slab, wasFull);
    }

    /// <summary>A queue is longer than <see cref="LongestQueue"/>.</summary>
    public void OnOvergrown() => _memory.Overgrown?.Invoke();

    private void Keep(Slab slab, bool wasFull)
    {
        FreeBytes += blockSize;
        if (wasFull)
            PutInFront(slab);
        if (!slab.IsEmpty || FreeBytes - slab.Size < maxFreeBytes)
            return;
        FreeBytes -= slab.Size;
        Remove(slab);
        slab.Dispose();
    }

    private Block TakeFree()
    {
        if (_open is null)
        {
            PutInFront(new Slab(blockSize, BlocksPerSlab));
            FreeBytes += _open!.Size;
        }

        Slab slab = _open;
        Block block = slab.Take();
        FreeBytes -= blockSize;
        if (slab.IsFull)
            Remove(slab);
        return block;
    }

    private void PutInFront(Slab slab)
    {
        slab.Next = _open;
        if (_open is not null)
            _open.Previous = slab;
        _open = slab;
    }

    private void Remove(Slab slab)
    {
        if (slab.Previous is null)
            _open = slab.Next;
        else
            slab.Previous.Next = slab.Next;
        if (slab.Next is not null)
            slab.Next.Previous = slab.Previous;
        slab.Previous = slab.Next = null;
    }

    private void ReturnReference(Block block)
    {
        block.Release();
        block.Next = null;
        if (_freeReferenceCount == MaxFreeReferences)
            return;
        block.Next = _freeReferences;
        _freeReferences = block;
        _freeReferenceCount++;
    }
}
