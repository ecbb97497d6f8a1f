using System.Diagnostics;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Polling;

public abstract partial class PollerContract
{
    [Fact]
    public void A_wake_from_another_thread_ends_a_wait()
    {
        using Poller poller = Create();
        var waker = new Thread(poller.Wake);
        long start = Stopwatch.GetTimestamp();
        waker.Start();
        Assert.Equal(0, poller.Wait(_events, TimeSpan.FromMinutes(1)));
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30));
        waker.Join();
    }

    [Fact]
    public void A_wake_before_a_wait_ends_it_at_once_and_only_that_one()
    {
        using Poller poller = Create();
        poller.Wake();
        long start = Stopwatch.GetTimestamp();
        Assert.Equal(0, poller.Wait(_events, TimeSpan.FromMinutes(1)));
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30));
        Assert.True(Guesses || WaitsItsTime(poller, Moment));
    }

    [Fact]
    public void Ten_thousand_wakes_end_one_wait()
    {
        using Poller poller = Create();
        for (int i = 0; i < 10_000; i++)
            poller.Wake();
        Assert.Equal(0, poller.Wait(_events, Patience));
        Assert.True(Guesses || WaitsItsTime(poller, Moment));
    }

    [Fact]
    public void No_wake_is_lost_and_what_was_written_before_it_is_seen()
    {
        const int Rounds = 2_000;
        using Poller poller = Create();
        int posted = 0;
        int seen = 0;
        var waker = new Thread(() =>
        {
            for (int i = 1; i <= Rounds; i++)
            {
                Volatile.Write(ref posted, i);
                poller.Wake();
                if (!SpinWait.SpinUntil(() => Volatile.Read(ref seen) == i, Patience))
                    return;
            }
        });
        waker.Start();
        long start = Stopwatch.GetTimestamp();
        while (seen < Rounds && Stopwatch.GetElapsedTime(start) < Patience)
        {
            Assert.Equal(0, poller.Wait(_events, Patience));
            Volatile.Write(ref seen, Volatile.Read(ref posted));
        }
        waker.Join();
        Assert.Equal(Rounds, seen);
    }

    [Fact]
    public void A_wake_does_not_hide_events()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 7, Interest.Readable);
        pair.SendFromFar();
        for (int i = 0; i < 100; i++)
        {
            poller.Wake();
            Expect(poller, 7, Readiness.Readable);
        }
    }

    [Fact]
    public void A_wake_gets_through_with_room_for_one_event()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 7, Interest.Readable);
        pair.SendFromFar();
        PollEvent[] one = new PollEvent[1];
        poller.Wake();
        int reported = 0;
        for (int i = 0; i < 10; i++)
            reported += poller.Wait(one, Patience);
        // One wait may have spent its room on the wake.
        Assert.InRange(reported, 9, 10);
        poller.Remove(pair.Descriptor);
        Assert.True(Guesses || WaitsItsTime(poller, Moment));
    }

    [Fact]
    public void Waking_a_disposed_poller_does_nothing()
    {
        Poller poller = Create();
        poller.Dispose();
        poller.Dispose();
        poller.Wake();
        Assert.True(Guesses || Throws<ObjectDisposedException>(() => poller.Wait(_events, TimeSpan.Zero)));
    }

    [Fact]
    public void A_signal_ends_a_wait_without_an_error()
    {
        Assert.SkipWhen(Guesses, "never waits");
        Assert.SkipUnless(OperatingSystem.IsLinux(), "signals a thread through tgkill");
        using IDisposable handled = NativeTestCalls.HandleWindowChanged();
        using Poller poller = Create();
        int thread = 0;
        int result = -1;
        var waiter = new Thread(() =>
        {
            Volatile.Write(ref thread, NativeTestCalls.CurrentThread());
            result = poller.Wait(_events, TimeSpan.FromMinutes(1));
        });
        waiter.Start();
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref thread) != 0, Patience));
        long start = Stopwatch.GetTimestamp();
        // Again until it hits: the first may arrive before the thread is in the wait.
        do
            Assert.Equal(0, NativeTestCalls.Signal(Environment.ProcessId, thread, NativeTestCalls.WindowChanged));
        while (!waiter.Join(Moment) && Stopwatch.GetElapsedTime(start) < Patience);
        Assert.Equal(0, result);
    }

    private static bool Throws<T>(Action action)
        where T : Exception => Assert.Throws<T>(action) is not null;
}
