using System.Diagnostics;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Polling;

/// <summary>
/// What every poller promises. The parts: reporting here, then <c>PollerContract.Triggers</c>,
/// <c>PollerContract.Wakes</c> and <c>PollerContract.Registrations</c>.
/// </summary>
public abstract partial class PollerContract
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(20);

    private readonly PollEvent[] _events = new PollEvent[64];

    /// <summary>Reports what it does not know, and so neither stays silent nor waits.</summary>
    protected virtual bool Guesses => false;

    protected abstract Poller Create();

    [Fact]
    public void Arrived_data_is_readable()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 7, Interest.Readable);
        pair.SendFromFar();
        Expect(poller, 7, Readiness.Readable);
    }

    [Fact]
    public void Nothing_is_reported_when_nothing_arrives()
    {
        Assert.SkipWhen(Guesses, "reports everything");
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 7, Interest.Readable);
        ExpectSilence(poller);
    }

    [Fact]
    public void An_empty_socket_is_writable()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 7, Interest.Writable);
        Assert.Equal(Readiness.Writable, Expect(poller, 7, Readiness.Writable));
    }

    [Fact]
    public void A_full_socket_is_not_writable_until_the_peer_reads()
    {
        Assert.SkipWhen(Guesses, "reports everything");
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        int sent = FillSendBuffer(pair);
        poller.Add(pair.Descriptor, 7, Interest.Writable);
        ExpectSilence(poller);
        byte[] sink = new byte[1 << 16];
        while (sent > 0)
            sent -= pair.Far.Receive(sink);
        Expect(poller, 7, Readiness.Writable);
    }

    [Fact]
    public void Both_directions_can_be_watched_at_once()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 7, Interest.Readable | Interest.Writable);
        pair.SendFromFar();
        Expect(poller, 7, Readiness.Readable);
        Expect(poller, 7, Readiness.Writable);
    }

    [Fact]
    public void The_end_of_a_stream_is_reported_to_a_reader()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 7, Interest.Readable);
        pair.FinishFromFar();
        Expect(poller, 7, Readiness.Readable | Readiness.ReadClosed);
    }

    [Fact]
    public void A_broken_connection_is_reported_to_a_reader()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 7, Interest.Readable);
        pair.ResetFromFar();
        Expect(poller, 7, Readiness.Readable | Readiness.HangUp | Readiness.Error);
    }

    [Fact]
    public void A_wait_is_not_shorter_than_its_timeout()
    {
        Assert.SkipWhen(Guesses, "never waits");
        using Poller poller = Create();
        Assert.True(WaitsItsTime(poller, TimeSpan.FromMicroseconds(300)));
        Assert.True(WaitsItsTime(poller, TimeSpan.FromMicroseconds(1_900)));
        Assert.True(WaitsItsTime(poller, Moment));
    }

    [Fact]
    public void A_wait_allocates_nothing()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 7, Interest.Readable);
        pair.SendFromFar();
        // The runtime prepares a lock at its first use, which is not the wait's doing.
        poller.Wake();
        Expect(poller, 7, Readiness.Readable);
        // The least of several: a collection that another thread causes is charged to whoever runs meanwhile.
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 5 && least > 0; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            int reported = 0;
            for (int i = 0; i < 1_000; i++)
            {
                poller.Wake();
                reported += poller.Wait(_events, Patience);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal(1_000, reported);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void A_wait_without_room_for_events_is_refused()
    {
        using Poller poller = Create();
        Assert.Throws<ArgumentOutOfRangeException>(() => poller.Wait([], TimeSpan.Zero));
    }

    /// <summary>Waits for an event with this key and any of these flags, and for no other key.</summary>
    private Readiness Expect(Poller poller, ulong key, Readiness any)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < Patience)
        {
            int count = poller.Wait(_events, Patience);
            foreach (PollEvent reported in _events.AsSpan(0, count))
            {
                Assert.Equal(key, reported.Key);
                if ((reported.Readiness & any) != 0)
                    return reported.Readiness;
            }
        }
        throw new TimeoutException($"{poller.Name} did not report {key} as {any}");
    }

    private void ExpectSilence(Poller poller)
    {
        for (int i = 0; i < 3; i++)
            Assert.Equal(0, poller.Wait(_events, Moment));
    }

    // The runtime interrupts threads with signals, which ends a wait early and rightly so: hence several attempts. A
    // wait that is cut short by rounding, or by a wake that sticks, is short every time.
    private bool WaitsItsTime(Poller poller, TimeSpan timeout)
    {
        for (int attempt = 0; attempt < 5; attempt++)
        {
            long start = Stopwatch.GetTimestamp();
            Assert.Equal(0, poller.Wait(_events, timeout));
            if (Stopwatch.GetElapsedTime(start) >= timeout)
                return true;
        }
        return false;
    }

    private static int FillSendBuffer(ConnectedPair pair)
    {
        byte[] chunk = new byte[1 << 16];
        int total = 0;
        while (true)
        {
            total += pair.Near.Send(chunk, 0, chunk.Length, default, out System.Net.Sockets.SocketError error);
            if (error == System.Net.Sockets.SocketError.WouldBlock)
                return total;
        }
    }
}
