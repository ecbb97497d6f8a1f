using Penstock.Loop;

namespace Penstock.Tests.Loop;

public sealed class MailboxTests
{
    private readonly Mailbox _mailbox;
    private readonly List<long> _ran = [];
    private int _wakes;

    public MailboxTests() => _mailbox = new Mailbox(() => Interlocked.Increment(ref _wakes));

    [Fact]
    public void Work_runs_in_the_order_it_was_posted_and_one_wake_is_enough()
    {
        Post(1, 2, 3);
        Assert.True(_mailbox.HasWork);
        _mailbox.Drain();
        Assert.Equal([1, 2, 3], _ran);
        Assert.Equal(1, _wakes);
        Assert.False(_mailbox.HasWork);

        Post(4);
        Assert.Equal(2, _wakes);
    }

    [Fact]
    public void State_and_argument_reach_the_callback()
    {
        (object?, long) seen = default;
        object state = new();
        _mailbox.Post((s, a) => seen = (s, a), state, long.MinValue);
        _mailbox.Drain();
        Assert.Equal((state, long.MinValue), seen);
    }

    [Fact]
    public void A_flood_is_run_in_bounded_parts_and_in_order()
    {
        Post([.. Enumerable.Range(0, 3_000).Select(i => (long)i)]);
        int turns = 0;
        while (_mailbox.HasWork)
        {
            int before = _ran.Count;
            _mailbox.Drain();
            Assert.InRange(_ran.Count - before, 1, 1_024);
            turns++;
        }

        Assert.InRange(turns, 3, 4);
        Assert.Equal(Enumerable.Range(0, 3_000).Select(i => (long)i), _ran);
    }

    [Fact]
    public void Work_posted_by_work_waits_for_the_next_drain()
    {
        _mailbox.Post((_, _) => Post(2), null);
        _mailbox.Drain();
        Assert.Empty(_ran);
        Assert.True(_mailbox.HasWork);
        _mailbox.Drain();
        Assert.Equal([2], _ran);
    }

    [Fact]
    public void Closing_runs_what_is_there_and_refuses_the_rest()
    {
        Post(1, 2);
        _mailbox.Close();
        Assert.Equal([1, 2], _ran);
        Assert.False(_mailbox.Post((_, n) => _ran.Add(n), null, 3));
        _mailbox.Drain();
        Assert.Equal([1, 2], _ran);
    }

    [Fact]
    public void Closing_runs_everything_also_behind_work_that_throws()
    {
        Post(1);
        _mailbox.Post((_, _) => throw new InvalidOperationException("first"), null);
        Post(2);
        _mailbox.Post((_, _) => throw new InvalidOperationException("second"), null);
        Post(3);
        var fault = Assert.Throws<InvalidOperationException>(_mailbox.Close);
        Assert.Equal("first", fault.Message);
        Assert.Equal([1, 2, 3], _ran);
    }

    [Fact]
    public async Task Posts_from_many_threads_all_run_each_threads_in_order()
    {
        const int threads = 4;
        const int each = 20_000;
        long[] last = new long[threads];
        Array.Fill(last, -1);
        int ran = 0;
        Task posting = Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(() => PostAll(thread))));
        while (ran < threads * each)
        {
            _mailbox.Drain();
            Assert.False(posting.IsFaulted);
        }

        await posting.Bounded();
        Assert.All(last, number => Assert.Equal(each - 1, number));

        void PostAll(int thread)
        {
            for (int i = 0; i < each; i++)
                Assert.True(_mailbox.Post((_, number) => Run(thread, number), null, i));
        }

        void Run(int thread, long number)
        {
            Assert.Equal(last[thread] + 1, number);
            last[thread] = number;
            ran++;
        }
    }

    [Fact]
    public async Task Work_that_was_accepted_runs_even_when_the_mailbox_closes_at_that_moment()
    {
        const int rounds = 30_000;
        var mailboxes = new Mailbox[rounds];
        var ran = new int[rounds];
        var accepted = new bool[rounds];
        for (int i = 0; i < rounds; i++)
            mailboxes[i] = new Mailbox(() => { });

        using var together = new Barrier(2);
        Task posting = Task.Run(
            () => ForEachRound(i => accepted[i] = mailboxes[i].Post((_, n) => ran[n]++, null, i)),
            TestContext.Current.CancellationToken);
        ForEachRound(i => mailboxes[i].Close());
        await posting.Bounded();
        Assert.Equal(accepted, ran.Select(count => count == 1));

        void ForEachRound(Action<int> action)
        {
            for (int i = 0; i < rounds; i++)
            {
                if (i % 1_000 == 0)
                    together.SignalAndWait(Patience.Limit);
                action(i);
            }
        }
    }

    [Fact]
    public void Posting_a_static_callback_allocates_nothing_once_warm()
    {
        object counter = new int[1];
        Assert.Equal(0, Allocation.Of(() =>
        {
            for (int i = 0; i < 1_000; i++)
                _mailbox.Post(static (state, _) => ((int[])state!)[0]++, counter);
            _mailbox.Drain();
        }));
    }

    private void Post(params long[] numbers)
    {
        foreach (long number in numbers)
            Assert.True(_mailbox.Post((_, n) => _ran.Add(n), null, number));
    }
}
