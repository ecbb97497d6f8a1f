using FsCheck;
using FsCheck.Fluent;
using Penstock.Timing;

namespace Penstock.Tests.Timing;

public sealed class DeadlineQueueTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly LoopClock _clock;
    private readonly DeadlineQueue _queue;

    public DeadlineQueueTests()
    {
        _clock = new LoopClock(_time);
        _queue = new DeadlineQueue(_clock, 1_000);
    }

    [Fact]
    public void Any_sequence_of_operations_agrees_with_a_dictionary()
    {
        Arbitrary<int[]> operations = ArbMap.Default.ArbFor<int>().Generator.Resize(1_000_000).ArrayOf().ToArbitrary();
        Prop.ForAll(operations, sequence => new DeadlineModel().Agrees(sequence)).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_long_random_sequence_agrees_too(int seed)
    {
        var random = new Random(seed);
        Assert.True(new DeadlineModel().Agrees(Enumerable.Range(0, 5_000).Select(_ => random.Next())));
    }

    [Fact]
    public void Entries_of_one_duration_expire_in_the_order_they_were_set()
    {
        DeadlineList second = _queue.GetList(TimeSpan.FromSeconds(1));
        foreach (int entry in (int[])[7, 3, 9, 3])
        {
            _queue.Set(entry, second, _clock.Now);
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([7, 9, 3], TakeAll());
    }

    [Fact]
    public void Touching_moves_a_deadline_and_leaves_the_others()
    {
        DeadlineList second = _queue.GetList(TimeSpan.FromSeconds(1));
        _queue.Set(1, second, _clock.Now);
        _queue.Set(2, second, _clock.Now);
        long first = _queue.Next;
        _time.Advance(TimeSpan.FromMilliseconds(500));
        _queue.Set(1, second, _clock.Now);
        Assert.Equal(first, _queue.Next);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal([2], TakeAll());
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal([1], TakeAll());
    }

    [Fact]
    public void A_deadline_is_never_early()
    {
        _queue.Set(0, _queue.GetList(TimeSpan.FromTicks(3)), _clock.Now);
        _time.Advance(TimeSpan.FromTicks(2));
        Assert.Empty(TakeAll());
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal([0], TakeAll());
    }

    [Fact]
    public void Changing_to_an_infinite_duration_cancels()
    {
        _queue.Set(0, _queue.GetList(TimeSpan.FromSeconds(1)), _clock.Now);
        _queue.Set(0, _queue.GetList(Timeout.InfiniteTimeSpan), _clock.Now);
        Assert.False(_queue.IsSet(0));
        Assert.Equal(LoopClock.Never, _queue.Next);
    }

    [Fact]
    public void Two_names_of_one_duration_share_a_list()
    {
        _queue.Set(1, _queue.GetList(TimeSpan.FromSeconds(1)), _clock.Now);
        _queue.Set(2, _queue.GetList(TimeSpan.FromSeconds(1)), _clock.Now);
        Assert.Equal(1, _queue.ListCount);
        _queue.Set(3, _queue.GetList(TimeSpan.FromSeconds(2)), _clock.Now);
        Assert.Equal(2, _queue.ListCount);
        Assert.False(_queue.GetList(Timeout.InfiniteTimeSpan).Expires);
    }

    [Fact]
    public void Durations_that_come_and_go_leave_no_lists_behind()
    {
        _queue.Set(0, _queue.GetList(TimeSpan.FromHours(1)), _clock.Now);
        for (int i = 1; i <= 10_000; i++)
        {
            _queue.Set(1, _queue.GetList(TimeSpan.FromMilliseconds(i)), _clock.Now);
            _queue.Cancel(1);
        }

        Assert.Equal(2, _queue.ListCount);
    }

    [Fact]
    public void A_burst_of_durations_is_forgotten_when_it_is_over()
    {
        DeadlineList second = _queue.GetList(TimeSpan.FromSeconds(1));
        for (int entry = 0; entry < 1_000; entry++)
            _queue.Set(entry, _queue.GetList(TimeSpan.FromMilliseconds(entry + 1)), _clock.Now);
        Assert.Equal(1_000, _queue.ListCount);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Enumerable.Range(0, 1_000), TakeAll().Order());
        _queue.Set(0, second, _clock.Now);
        Assert.Equal(1, _queue.ListCount);
    }

    [Fact]
    public void A_name_outlives_its_list()
    {
        DeadlineList second = _queue.GetList(TimeSpan.FromSeconds(1));
        _queue.Set(0, second, _clock.Now);
        _queue.Cancel(0);
        _queue.Set(1, _queue.GetList(TimeSpan.FromSeconds(3)), _clock.Now);
        _queue.Set(2, second, _clock.Now);
        _queue.Set(3, _queue.GetList(TimeSpan.FromSeconds(1)), _clock.Now);
        Assert.Equal(2, _queue.ListCount);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([2, 3], TakeAll());
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([1], TakeAll());
    }

    [Fact]
    public void Setting_touching_cancelling_and_expiring_allocate_nothing()
    {
        DeadlineList second = _queue.GetList(TimeSpan.FromSeconds(1));
        DeadlineList minute = _queue.GetList(TimeSpan.FromMinutes(1));
        long now = _clock.Now;
        Assert.Equal(0, Allocation.Of(() =>
        {
            for (int entry = 0; entry < 1_000; entry++)
                _queue.Set(entry, (entry & 1) == 0 ? second : minute, now);
            for (int entry = 0; entry < 1_000; entry += 3)
                _queue.Cancel(entry);
            now += TimeSpan.TicksPerMinute;
            while (_queue.TryTakeExpired(now, out _))
                continue;
        }));
    }

    [Fact]
    public void Lists_that_take_turns_allocate_nothing()
    {
        DeadlineList[] names = [.. Enumerable.Range(1, 100).Select(i => _queue.GetList(TimeSpan.FromSeconds(i)))];
        long now = _clock.Now;
        Assert.Equal(0, Allocation.Of(() =>
        {
            foreach (DeadlineList name in names)
            {
                _queue.Set(0, name, now);
                _queue.Cancel(0);
            }
        }));
        Assert.Equal(1, _queue.ListCount);
    }

    private List<int> TakeAll()
    {
        List<int> expired = [];
        while (_queue.TryTakeExpired(_clock.Now, out int entry))
            expired.Add(entry);
        return expired;
    }
}
