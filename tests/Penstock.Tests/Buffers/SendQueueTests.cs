using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using Penstock.Buffers;
using Penstock.Drivers;

namespace Penstock.Tests.Buffers;

public sealed class SendQueueTests
{
    private const int BlockSize = 64;

    private readonly BlockPool _pool = new(BlockSize, maxFreeBytes: 4 * BlockSize);

    [Fact]
    public void Any_sequence_of_operations_agrees_with_a_byte_list_and_returns_every_block()
    {
        Arbitrary<int[]> operations = ArbMap.Default.ArbFor<int>().Generator.Resize(100_000).ArrayOf().ToArbitrary();
        Prop.ForAll(operations, sequence => new SendQueueRun().Agrees(sequence)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_oldest_payloads_are_dropped_and_neither_those_being_sent_nor_the_newest()
    {
        var queue = new SendQueue(_pool);
        for (byte i = 0; i < 5; i++)
        {
            using SharedPayload payload = SharedPayload.Copy([i, i]);
            queue.Write(payload);
        }

        Assert.Equal(1, queue.DropOldest(target: 8, busy: 2));
        Assert.Equal(2, queue.DropOldest(target: 0, busy: 2));
        var segments = new SendSegment[8];
        Assert.Equal(2, queue.FillSegments(segments));
        Assert.Equal([0, 4], segments.Take(2).Select(segment => Marshal.ReadByte(segment.Address)));
        queue.Clear();
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_long_random_sequence_agrees_too(int seed)
    {
        var random = new Random(seed);
        Assert.True(new SendQueueRun().Agrees(Enumerable.Range(0, 3_000).Select(_ => random.Next())));
    }

    [Fact]
    public void Partial_send_keeps_the_remainder_at_the_front()
    {
        var queue = new SendQueue(_pool);
        queue.Write("hello"u8);
        queue.Consume(2);
        Assert.Equal("llo", Front(queue));
        queue.Write("!"u8);
        Assert.Equal("llo!", Front(queue));
        queue.Clear();
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public void A_payload_without_bytes_is_not_queued_and_not_held()
    {
        var queue = new SendQueue(_pool);
        SharedPayload nothing = SharedPayload.Create();
        queue.Write(nothing);
        Assert.Equal(0, queue.FillSegments(new SendSegment[1]));
        nothing.Dispose();
        Assert.Throws<ObjectDisposedException>(nothing.Dispose);
    }

    [Fact]
    public void Empty_it_holds_no_block()
    {
        var queue = new SendQueue(_pool);
        queue.Write(new byte[10 * BlockSize]);
        Assert.Equal(10 * BlockSize, _pool.RentedBytes);
        queue.Consume(10 * BlockSize);
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public void A_span_that_was_never_advanced_is_given_back_by_clearing()
    {
        var queue = new SendQueue(_pool);
        Assert.True(queue.GetSpan(10).Length >= 10);
        Assert.True(queue.GetSpan(10 * BlockSize).Length >= 10 * BlockSize);
        Assert.True(queue.IsEmpty);
        Assert.Equal(0, queue.FillSegments(new SendSegment[4]));
        queue.Clear();
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public void Only_one_run_is_named_as_the_only_one()
    {
        var queue = new SendQueue(_pool);
        queue.Write(new byte[BlockSize]);
        Assert.True(queue.TryGetOnly(out SendSegment only));
        Assert.Equal(BlockSize, only.Length);
        queue.Write(new byte[1]);
        Assert.False(queue.TryGetOnly(out _));
        queue.Consume(BlockSize);
        Assert.True(queue.TryGetOnly(out only));
        Assert.Equal(1, only.Length);
    }

    [Fact]
    public void A_request_larger_than_a_block_gets_one_contiguous_span_that_the_pool_does_not_keep()
    {
        var queue = new SendQueue(_pool);
        Assert.True(queue.GetSpan(BlockSize * 100).Length >= BlockSize * 100);
        queue.Advance(BlockSize * 100);
        Assert.Equal(1, queue.FillSegments(new SendSegment[4]));
        queue.Consume(BlockSize * 100);
        Assert.Equal((0, 0), (_pool.RentedBytes, _pool.FreeBytes));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void Advancing_with_nothing_given_out_is_refused(int count)
    {
        var queue = new SendQueue(_pool);
        Assert.Throws<ArgumentOutOfRangeException>(nameof(count), () => queue.Advance(count));
        Assert.Equal(0, queue.Length);
    }

    [Fact]
    public void Advancing_past_the_span_is_refused_and_a_negative_hint_too()
    {
        var queue = new SendQueue(_pool);
        int room = queue.GetSpan(0).Length;
        Assert.Throws<ArgumentOutOfRangeException>("count", () => queue.Advance(room + 1));
        Assert.Throws<ArgumentOutOfRangeException>("sizeHint", () => { queue.GetSpan(-1); });
        queue.Clear();
    }

    [Fact]
    public void Writing_and_sending_allocates_nothing_once_the_pool_is_warm()
    {
        var queue = new SendQueue(_pool);
        byte[] message = new byte[BlockSize * 3];
        Assert.Equal(0, Allocation.Of(() =>
        {
            Span<SendSegment> segments = stackalloc SendSegment[8];
            for (int i = 0; i < 1_000; i++)
            {
                queue.Write(message);
                queue.Consume(SendSegment.TotalLength(segments[..queue.FillSegments(segments)]));
            }
        }));
    }

    private static unsafe string Front(SendQueue queue)
    {
        var segments = new SendSegment[1];
        Assert.Equal(1, queue.FillSegments(segments));
        return System.Text.Encoding.ASCII.GetString((byte*)segments[0].Address, segments[0].Length);
    }
}
