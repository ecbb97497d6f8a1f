using Penstock.Connections;

namespace Penstock.Tests.Connections;

public sealed class ConnectionLimiterTests
{
    [Fact]
    public void It_admits_up_to_its_maximum()
    {
        var limiter = new ConnectionLimiter(2);
        Assert.True(limiter.TryEnter());
        Assert.False(limiter.IsFull);
        Assert.True(limiter.TryEnter());
        Assert.True(limiter.IsFull);
        Assert.False(limiter.TryEnter());
        Assert.Equal(2, limiter.Count);
        limiter.Leave();
        Assert.True(limiter.TryEnter());
    }

    [Fact]
    public void Room_is_told_once_to_whoever_waits_and_to_nobody_else()
    {
        int told = 0;
        var limiter = new ConnectionLimiter(1) { OnRoom = () => told++ };
        limiter.TryEnter();
        limiter.Leave();
        Assert.Equal(0, told);

        limiter.TryEnter();
        Assert.True(limiter.AwaitRoom());
        Assert.True(limiter.AwaitRoom());
        limiter.Leave();
        limiter.TryEnter();
        limiter.Leave();
        Assert.Equal((1, 1), (told, limiter.TimesFull));
    }

    [Fact]
    public void Waiting_for_room_that_is_there_says_so()
    {
        var limiter = new ConnectionLimiter(1) { OnRoom = () => { } };
        limiter.TryEnter();
        limiter.Leave();
        Assert.False(limiter.AwaitRoom());
    }

    [Fact]
    public async Task Threads_at_once_never_pass_the_maximum()
    {
        const int maximum = 3;
        var limiter = new ConnectionLimiter(maximum) { OnRoom = () => { } };
        int inside = 0;
        int most = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(EnterAndLeave))).Bounded();
        Assert.InRange(most, 1, maximum);
        Assert.Equal(0, limiter.Count);

        void EnterAndLeave()
        {
            for (int i = 0; i < 20_000; i++)
            {
                if (!limiter.TryEnter())
                    continue;
                int now = Interlocked.Increment(ref inside);
                InterlockedMax(ref most, now);
                Interlocked.Decrement(ref inside);
                limiter.Leave();
            }
        }
    }

    [Fact]
    public async Task Whoever_waits_for_room_is_told_however_the_departure_falls()
    {
        using var room = new AutoResetEvent(false);
        var limiter = new ConnectionLimiter(1) { OnRoom = () => room.Set() };
        for (int i = 0; i < 2_000; i++)
        {
            Assert.True(limiter.TryEnter());
            Task leaving = Task.Run(limiter.Leave, TestContext.Current.CancellationToken);

            // As a listener does it: full, so it waits, unless the departure came first.
            if (limiter.AwaitRoom())
                Assert.True(room.WaitOne(Patience.Limit), "the departure was not told");
            await leaving.Bounded();
            room.Reset();
        }
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen = Volatile.Read(ref target);
        while (value > seen)
        {
            int before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }
}
