using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using Penstock.Buffers;

namespace Penstock.Tests.Buffers;

public sealed class InboundBufferTests
{
    [Fact]
    public void Any_sequence_of_appends_and_consumes_agrees_with_a_byte_list()
    {
        Arbitrary<int[]> operations = ArbMap.Default.ArbFor<int>().Generator.Resize(2_000).ArrayOf().ToArbitrary();
        Prop.ForAll(operations, Agrees).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void So_does_one_of_long_tails(int seed)
    {
        var random = new Random(seed);
        Assert.True(Agrees([.. Enumerable.Range(0, 100).Select(_ => random.Next(-120_000, 140_000))]));
    }

    [Fact]
    public void A_long_tail_costs_what_came_and_a_quarter_and_goes_when_it_is_consumed()
    {
        var memory = new LoopMemory(MemoryBudget.Unlimited);
        var buffer = new InboundBuffer(memory);
        byte[] piece = new byte[64 * 1024];
        for (int i = 1; i <= 160; i++)
        {
            buffer.Append(piece);
            Assert.InRange(buffer.Capacity, buffer.Length, (buffer.Length * 5 / 4) + (2 * piece.Length));
            Assert.Equal(buffer.Capacity, memory.Used);
        }

        buffer.Consume(buffer.Length - 10);
        Assert.InRange(buffer.Capacity, 10, InboundBuffer.LargestArray);
        buffer.Consume(10);
        Assert.Equal((0, 0), (buffer.Capacity, memory.Used));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_long_random_sequence_agrees_too(int seed)
    {
        var random = new Random(seed);
        Assert.True(Agrees([.. Enumerable.Range(0, 2_000).Select(_ => random.Next(-3_000, 2_000))]));
    }

    [Fact]
    public void A_small_remainder_moves_down_rather_than_growing_the_array()
    {
        var buffer = new InboundBuffer(new LoopMemory(MemoryBudget.Unlimited));
        buffer.Append(new byte[100]);
        buffer.Consume(99);
        for (int i = 0; i < 1_000; i++)
        {
            buffer.Append(new byte[99]);
            Assert.Equal(100, buffer.Length);
            buffer.Consume(99);
        }

        Assert.Equal(1, buffer.Length);
        buffer.Clear();
    }

    [Fact]
    public void Clearing_empties_it_and_it_can_be_used_again()
    {
        var buffer = new InboundBuffer(new LoopMemory(MemoryBudget.Unlimited));
        buffer.Append("old"u8);
        buffer.Clear();
        Assert.True(buffer.IsEmpty);
        Assert.Equal(0, buffer.Unread.Length);
        buffer.Append("new"u8);
        Assert.Equal("new"u8, buffer.Unread);
        buffer.Clear();
    }

    // A positive number appends so many bytes, a negative one consumes up to so many.
    private static bool Agrees(int[] operations)
    {
        var buffer = new InboundBuffer(new LoopMemory(MemoryBudget.Unlimited));
        List<byte> model = [];
        byte next = 0;
        foreach (int operation in operations)
        {
            if (operation >= 0)
            {
                byte[] bytes = [.. Enumerable.Range(0, operation).Select(_ => next++)];
                buffer.Append(bytes);
                model.AddRange(bytes);
            }
            else
            {
                int count = Math.Min(-operation, model.Count);
                buffer.Consume(count);
                model.RemoveRange(0, count);
            }

            if (buffer.Length != model.Count || buffer.IsEmpty != (model.Count == 0)
                || !buffer.Unread.SequenceEqual(CollectionsMarshal.AsSpan(model)))
            {
                return false;
            }
        }

        buffer.Clear();
        return buffer.IsEmpty;
    }
}
