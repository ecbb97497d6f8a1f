namespace Penstock.Buffers;

/// <summary>
/// Pinned blocks of one size for one loop, last returned first rented, because that one is still in the cache. Loop
/// thread only.
/// </summary>
/// <remarks>
/// The pool bounds what it keeps, not what it hands out: what may be outstanding is bounded per connection by its
/// limits, and a message larger than the whole pool must still be sent. Blocks beyond
/// <see cref="MaxFreeBytes"/> are left to the collector.
/// </remarks>
internal sealed class BlockPool(
    int blockSize = BlockPool.DefaultBlockSize, int maxFreeBytes = BlockPool.DefaultMaxFreeBytes)
{
    /// <summary>Holds a 4 KiB message with its prefix in one segment, and two pages are cheap to touch.</summary>
    public const int DefaultBlockSize = 8 * 1024;

    /// <summary>Enough for 1,024 connections to answer in one turn without allocating.</summary>
    public const int DefaultMaxFreeBytes = 8 * 1024 * 1024;

    /// <summary>Blocks that refer to payloads are small; enough are kept for every receiver of a broadcast.</summary>
    private const int MaxFreeReferences = 16 * 1024;

    private Block? _free;
    private Block? _freeReferences;
    private int _freeReferenceCount;

    public int BlockSize => blockSize;

    /// <summary>The most bytes kept for reuse.</summary>
    public int MaxFreeBytes => maxFreeBytes;

    /// <summary>Bytes now kept for reuse.</summary>
    public int FreeBytes { get; private set; }

    /// <summary>Bytes now handed out, large blocks included.</summary>
    public long RentedBytes { get; private set; }

    /// <summary>
    /// A block with at least <paramref name="minimumSize"/> bytes free; its old content is not cleared.
    /// </summary>
    public Block Rent(int minimumSize)
    {
        Block block = minimumSize <= blockSize ? TakeFree() ?? new Block(blockSize) : new Block(minimumSize);
        RentedBytes += block.Bytes.Length;
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
        if (block.Payload is not null)
        {
            ReturnReference(block);
            return;
        }

        RentedBytes -= block.Bytes.Length;
        block.Start = block.End = 0;
        block.Next = null;

        bool keep = block.Bytes.Length == blockSize && FreeBytes + blockSize <= maxFreeBytes;
        if (!keep)
            return;
        block.Next = _free;
        _free = block;
        FreeBytes += blockSize;
    }

    private void ReturnReference(Block block)
    {
        block.Release();
        block.Start = block.End = 0;
        block.Next = null;
        if (_freeReferenceCount == MaxFreeReferences)
            return;
        block.Next = _freeReferences;
        _freeReferences = block;
        _freeReferenceCount++;
    }

    private Block? TakeFree()
    {
        Block? block = _free;
        if (block is null)
            return null;
        _free = block.Next;
        block.Next = null;
        FreeBytes -= blockSize;
        return block;
    }
}
