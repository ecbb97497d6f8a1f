using Penstock.Drivers.Tests.Polling;
using Penstock.Timing;

namespace Penstock.Drivers.Tests.Contract;

public abstract partial class DriverContract
{
    private static LoopClock Clock => LoopClock.System;

    [Fact]
    public void A_wait_with_its_deadline_in_the_past_only_looks()
    {
        using DriverHarness harness = Start();
        harness.Open();
        long start = Clock.Now;
        for (int i = 0; i < 100; i++)
            harness.Driver.Wait(i);
        Assert.True(Clock.Provider.GetElapsedTime(start) < TimeSpan.FromSeconds(5));
        Assert.False(harness.Driver.TryNext(out _));
    }

    [Theory]
    [InlineData(300)]
    [InlineData(1_900)]
    [InlineData(20_000)]
    public void A_wait_lasts_until_its_deadline(int microseconds)
    {
        Assert.SkipUnless(Fixture.Sleeps, "never sleeps");
        using DriverHarness harness = Start();
        harness.Open();
        harness.Settle();
        // The runtime interrupts threads with signals, which ends a wait early and rightly so: hence several attempts.
        Assert.Contains(Enumerable.Range(0, 5), _ =>
        {
            long deadline = Clock.Now + Clock.ToTimestamps(TimeSpan.FromMicroseconds(microseconds));
            harness.Driver.Wait(deadline);
            return Clock.Now >= deadline;
        });
        Assert.False(harness.Driver.TryNext(out _));
    }

    [Fact]
    public void A_wake_before_a_wait_ends_it()
    {
        using DriverHarness harness = Start();
        harness.Open();
        harness.Settle();
        harness.Driver.Wake();
        harness.Driver.Wait(LoopClock.Never);
        Assert.False(harness.Driver.TryNext(out _));
        harness.AssertQuiet();
    }

    [Fact]
    public void A_storm_of_wakes_counts_as_one()
    {
        using DriverHarness harness = Start();
        harness.Open();
        Thread[] wakers = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 5_000; i++)
                harness.Driver.Wake();
        }))];
        foreach (Thread waker in wakers)
            waker.Start();
        foreach (Thread waker in wakers)
            waker.Join();
        harness.Driver.Wait(LoopClock.Never);
        harness.AssertQuiet();
    }

    [Fact]
    public void A_wake_from_another_thread_ends_a_wait_without_limit_and_none_is_lost()
    {
        const int Rounds = 500;
        using DriverHarness harness = Start();
        harness.Open();
        int posted = 0;
        int seen = 0;
        var waker = new Thread(() =>
        {
            for (int i = 1; i <= Rounds; i++)
            {
                Volatile.Write(ref posted, i);
                harness.Driver.Wake();
                SpinWait.SpinUntil(() => Volatile.Read(ref seen) == i, DriverHarness.Patience);
            }
        });
        waker.Start();
        while (seen < Rounds)
        {
            harness.Driver.Wait(Clock.Now + Clock.ToTimestamps(DriverHarness.Patience));
            Assert.False(harness.Driver.TryNext(out _));
            Volatile.Write(ref seen, Volatile.Read(ref posted));
        }

        waker.Join();
        Assert.Equal(Rounds, seen);
    }

    [Fact]
    public void Wakes_do_not_disturb_traffic()
    {
        using DriverHarness harness = Start(receiveBufferBytes: 4_096);
        (SlotJournal slot, Peer peer) = harness.Open();
        byte[] data = Payload.Create(2_000_000);
        peer.Begin(data);
        harness.UntilSeen(() =>
        {
            harness.Driver.Wake();
            return peer.Push() && slot.Received.Length == data.Length;
        });
        Payload.AssertEqual(data, slot.Received.Span);
    }

    [Fact]
    public void Waking_a_disposed_driver_does_nothing()
    {
        DriverHarness harness = Start();
        harness.Dispose();
        harness.Driver.Wake();
        Assert.Empty(harness.Log);
    }

    [Fact]
    public void Data_ends_a_wait_without_limit()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        harness.Settle();
        var sender = new Thread(() => peer.Send([1, 2, 3]));
        sender.Start();
        ExpectReceived(harness, slot, [1, 2, 3]);
        sender.Join();
    }

    [Fact]
    public void Signals_do_no_harm()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "sends signals as Linux does");
        using DriverHarness harness = Start(receiveBufferBytes: 1_024);
        using IDisposable handler = NativeTestCalls.HandleWindowChanged();
        (SlotJournal slot, Peer peer) = harness.Open(sendBufferBytes: 8_192);
        int thread = NativeTestCalls.CurrentThread();
        bool isDone = false;
        var signaller = new Thread(() =>
        {
            while (!Volatile.Read(ref isDone))
                _ = NativeTestCalls.Signal(Environment.ProcessId, thread, NativeTestCalls.WindowChanged);
        });
        signaller.Start();
        byte[] data = Payload.Create(1_000_000);
        try
        {
            peer.Begin(data);
            DriverHarness.BeginSend(slot, data);
            harness.UntilSeen(() => peer.Push() & peer.Drain().Received.Length == data.Length
                && slot.Received.Length == data.Length);
        }
        finally
        {
            Volatile.Write(ref isDone, true);
            signaller.Join();
        }

        Payload.AssertEqual(data, slot.Received.Span);
        Payload.AssertEqual(data, peer.Received.Span);
    }
}
