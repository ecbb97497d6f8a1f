using Penstock.Drivers;

namespace Penstock.Tests.Drivers;

public sealed class CompletionQueueTests
{
    private readonly CompletionQueue _queue = new();

    [Fact]
    public void Completions_come_out_as_they_went_in()
    {
        _queue.Enqueue(CompletionKind.Sent, new SlotKey(7, 9), 42);
        Assert.False(_queue.IsEmpty);
        Assert.True(_queue.TryDequeue(out Completion completion));
        Assert.Equal(CompletionKind.Sent, completion.Kind);
        Assert.Equal(new SlotKey(7, 9), completion.Slot);
        Assert.Equal(42, completion.Result);
        Assert.True(completion.Data.IsEmpty);
        Assert.True(_queue.IsEmpty);
        Assert.False(_queue.TryDequeue(out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_grows_and_wraps_and_stays_in_order(int seed)
    {
        var random = new Random(seed);
        Queue<int> model = new();
        for (int i = 0; i < 20_000; i++)
        {
            // Mostly filling in the first half, mostly emptying in the second.
            if (random.Next(20_000) > i)
            {
                _queue.Enqueue(CompletionKind.Sent, default, i);
                model.Enqueue(i);
            }
            else
            {
                Assert.Equal(model.TryDequeue(out int expected), _queue.TryDequeue(out Completion completion));
                Assert.Equal(expected, completion.Result);
            }

            Assert.Equal(model.Count == 0, _queue.IsEmpty);
        }
    }

    [Fact]
    public void It_allocates_nothing_once_it_has_grown() =>
        Assert.Equal(0, Allocation.Of(() =>
        {
            for (int i = 0; i < 1_000; i++)
                _queue.Enqueue(CompletionKind.Sent, default, i);
            while (_queue.TryDequeue(out _))
                continue;
        }));
}
