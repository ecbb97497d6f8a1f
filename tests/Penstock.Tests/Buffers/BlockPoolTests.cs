using FsCheck;
using FsCheck.Fluent;
using Penstock.Buffers;

namespace Penstock.Tests.Buffers;

public sealed class BlockPoolTests
{
    [Fact]
    public void The_block_returned_last_is_rented_first()
    {
        var pool = new BlockPool(64, 640);
        Block first = pool.Rent(1);
        Block second = pool.Rent(64);
        pool.Return(first);
        pool.Return(second);
        Assert.Same(second, pool.Rent(1));
        Assert.Same(first, pool.Rent(1));
    }

    [Fact]
    public void What_is_kept_is_bounded_and_what_is_handed_out_is_not()
    {
        const int slab = 64 * BlockPool.BlocksPerSlab;
        var pool = new BlockPool(64, maxFreeBytes: 3 * slab);
        Block[] blocks = [.. Enumerable.Range(0, 10 * BlockPool.BlocksPerSlab).Select(_ => pool.Rent(64))];
        Assert.Equal((10 * slab, 0), (pool.RentedBytes, pool.FreeBytes));
        foreach (Block block in blocks)
            pool.Return(block);
        Assert.Equal((0, 3 * slab), (pool.RentedBytes, pool.FreeBytes));
    }

    [Fact]
    public void A_block_in_use_keeps_its_slab_and_no_other()
    {
        const int slab = 64 * BlockPool.BlocksPerSlab;
        var pool = new BlockPool(64, maxFreeBytes: 0);
        Block[] blocks = [.. Enumerable.Range(0, 3 * BlockPool.BlocksPerSlab).Select(_ => pool.Rent(64))];
        Block kept = blocks[BlockPool.BlocksPerSlab];
        foreach (Block block in blocks.Where(block => block != kept))
            pool.Return(block);
        Assert.Equal((64, slab - 64), (pool.RentedBytes, pool.FreeBytes));
        pool.Return(kept);
        Assert.Equal((0, 0), (pool.RentedBytes, pool.FreeBytes));
    }

    [Fact]
    public void A_large_block_has_the_size_asked_for_and_is_not_kept()
    {
        var pool = new BlockPool(64, 640);
        Block large = pool.Rent(1_000);
        Assert.Equal((1_000, 1_000), (large.Size, large.Free));
        Assert.Equal(1_000, pool.RentedBytes);
        pool.Return(large);
        Assert.Equal((0, 0), (pool.RentedBytes, pool.FreeBytes));
    }

    [Fact]
    public void A_block_is_empty_and_unlinked_when_it_is_rented_again()
    {
        var pool = new BlockPool(64, 640);
        Block other = pool.Rent(1);
        Block block = pool.Rent(1);
        (block.End, block.Start, block.Next) = (10, 5, other);
        pool.Return(other);
        pool.Return(block);
        Block again = pool.Rent(1);
        Assert.Same(block, again);
        Assert.Equal((0, 0, 64), (again.Start, again.End, again.Free));
        Assert.Null(again.Next);
    }

    [Fact]
    public unsafe void The_address_is_that_of_the_bytes()
    {
        Block block = new BlockPool(64).Rent(64);
        block.Room[0] = 42;
        block.RoomAsMemory.Span[63] = 43;
        Assert.Equal((42, 43), (((byte*)block.Address)[0], ((byte*)block.Address)[63]));
    }

    [Fact]
    public void Rented_and_free_bytes_agree_with_a_count_by_hand()
    {
        Prop.ForAll<int[]>(Agrees).QuickCheckThrowOnFailure();

        // A positive number rents so many bytes, any other returns the oldest block.
        static bool Agrees(int[] sizes)
        {
            const int slab = 8 * BlockPool.BlocksPerSlab;
            var pool = new BlockPool(8, maxFreeBytes: slab);
            Queue<Block> rented = new();
            foreach (int size in sizes)
            {
                if (size > 0)
                {
                    Block block = pool.Rent(size);
                    Assert.DoesNotContain(block, rented);
                    rented.Enqueue(block);
                }
                else if (rented.TryDequeue(out Block? oldest))
                {
                    pool.Return(oldest);
                }

                // What is free lies in slabs: whole ones up to the bound, and the rest of those in use.
                int small = rented.Count(block => block.Size == 8);
                bool wholeSlabs = (pool.FreeBytes + (8 * small)) % slab == 0;
                if (pool.RentedBytes != rented.Sum(block => block.Size) || !wholeSlabs)
                    return false;
            }

            return true;
        }
    }
}
