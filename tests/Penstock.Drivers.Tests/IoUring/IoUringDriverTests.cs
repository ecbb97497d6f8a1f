using System.Net.Sockets;
using Penstock.Drivers.Tests.Polling;

namespace Penstock.Drivers.Tests.IoUring;

/// <summary>What only this driver has to get right; what all drivers promise is tested for all of them.</summary>
public sealed class IoUringDriverTests
{
    private static readonly IoUringSizes Small = new(64, 256, 16, 1024, Incremental: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Receives_that_found_no_buffer_go_on_when_buffers_are_back(bool incremental)
    {
        IoUringSizes sizes = Small with { ReceiveBuffers = 4, ReceiveBufferBytes = 64, Incremental = incremental };
        using var session = new DriverSession(sizes, 8);
        byte[] data = Bytes(20_000);
        ConnectedPair[] pairs = [.. Enumerable.Range(0, 8).Select(_ => session.Open())];
        foreach (ConnectedPair pair in pairs)
            Assert.Equal(data.Length, pair.Far.Send(data));

        session.Until(() => Enumerable.Range(0, 8).All(slot => session.ReceivedLength(slot) >= data.Length));
        Assert.All(Enumerable.Range(0, 8), slot => Assert.Equal(data, session.ReceivedOn(slot)));
        Assert.True(session.Driver.ReceivesWithoutBuffer > 0, "the buffers were never used up");
    }

    [Fact]
    public void A_trickle_is_served_beside_a_flood_that_takes_every_buffer()
    {
        using var session = new DriverSession(Small with { ReceiveBuffers = 4, ReceiveBufferBytes = 64 }, 2);
        ConnectedPair flood = session.Open();
        ConnectedPair trickle = session.Open();
        flood.Far.Send(Bytes(100_000));
        trickle.SendFromFar();
        session.Until(() => session.ReceivedLength(1) == 1);
        Assert.InRange(session.ReceivedLength(0), 0, 50_000);
    }

    [Fact]
    public void Completions_that_found_no_room_in_their_ring_are_neither_lost_nor_repeated()
    {
        const int connections = 40;
        IoUringSizes sizes = Small with { SubmissionEntries = 4, CompletionEntries = 8, ReceiveBuffers = 64 };
        using var session = new DriverSession(sizes, connections);
        ConnectedPair[] pairs = [.. Enumerable.Range(0, connections).Select(_ => session.Open())];
        session.Turn(deadline: 0);
        for (int round = 0; round < 20; round++)
        {
            for (int slot = 0; slot < connections; slot++)
                pairs[slot].Far.Send([(byte)round, (byte)slot]);
            for (int slot = 0; slot < connections; slot++)
                session.Until(() => session.ReceivedLength(slot) == 2 * (round + 1));
        }

        Assert.True(session.Driver.CompletionOverflows > 0, "the ring was never full");
        for (int slot = 0; slot < connections; slot++)
        {
            byte[] expected = [.. Enumerable.Range(0, 20).SelectMany(round => new[] { (byte)round, (byte)slot })];
            Assert.Equal(expected, session.ReceivedOn(slot));
        }
    }

    [Fact]
    public void More_sends_than_the_queue_holds_all_leave_in_one_turn()
    {
        const int connections = 50;
        IoUringSizes sizes = Small with { SubmissionEntries = 8, CompletionEntries = 32 };
        using var session = new DriverSession(sizes, connections);
        ConnectedPair[] pairs = [.. Enumerable.Range(0, connections).Select(_ => session.Open())];
        byte[] data = Bytes(100);
        for (int slot = 0; slot < connections; slot++)
            session.Send(slot, data);
        session.Turn(deadline: 0);
        session.Turn(deadline: 0);
        Assert.Equal(connections, session.Log.Count(entry => entry == (CompletionKind.Sent, entry.Slot, data.Length)));
        Assert.All(pairs, pair => Assert.Equal(data.Length, pair.Far.Receive(new byte[1000])));
    }

    [Fact]
    public void Sends_of_more_segments_than_their_memory_holds_all_leave_in_one_turn()
    {
        const int connections = 10;
        using var session = new DriverSession(Small, connections);
        ConnectedPair[] pairs = [.. Enumerable.Range(0, connections).Select(_ => session.Open())];
        byte[] data = Bytes(SubmissionMemory.MaxSegments);
        for (int slot = 0; slot < connections; slot++)
            session.SendByteByByte(slot, data);
        session.Turn(deadline: 0);
        session.Turn(deadline: 0);
        Assert.Equal(connections, session.Log.Count(entry => entry == (CompletionKind.Sent, entry.Slot, data.Length)));
        byte[] arrived = new byte[2 * data.Length];
        Assert.All(pairs, pair => Assert.Equal(data, arrived[..pair.Far.Receive(arrived)]));
    }

    [Fact]
    public void A_send_that_falls_short_says_how_much_was_taken()
    {
        using var session = new DriverSession(Small, 1);
        ConnectedPair pair = session.Open();
        byte[] data = Bytes(16 << 20);
        session.Send(0, data);
        session.Until(() => session.Log.Count == 1);
        int taken = session.Log[0].Result;
        Assert.InRange(taken, 1, data.Length - 1);

        byte[] arrived = new byte[taken];
        pair.Far.ReceiveTimeout = 10_000;
        for (int count = 0; count < taken;)
            count += pair.Far.Receive(arrived.AsSpan(count));
        Assert.Equal(data[..taken], arrived);
        pair.Far.Blocking = false;
        Assert.Throws<SocketException>(() => pair.Far.Receive(new byte[1]));
    }

    [Fact]
    public void A_reset_right_behind_the_last_bytes_is_noticed()
    {
        using var session = new DriverSession(Small, 100);
        for (int slot = 0; slot < 100; slot++)
        {
            ConnectedPair pair = session.Open();
            session.Turn(deadline: 0);
            pair.SendFromFar(10);
            pair.ResetFromFar();
        }

        session.Until(() => session.Log.Count(entry => entry is (CompletionKind.Received, _, <= 0)) == 100);
        Assert.All(Enumerable.Range(0, 100), slot => Assert.Equal(10, session.ReceivedLength(slot)));
    }

    [Fact]
    public void The_steady_state_allocates_nothing()
    {
        using var session = new DriverSession(Small, 1);
        ConnectedPair pair = session.Open();
        byte[] reply = Bytes(64);
        byte[] message = new byte[64];
        Exchange(session, pair, message, reply, rounds: 200);

        // The least of several: what the runtime allocates when it compiles a hot method again is not the driver's.
        long least = long.MaxValue;
        for (int run = 0; run < 5 && least > 0; run++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Exchange(session, pair, message, reply, rounds: 1_000);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void A_driver_that_is_disposed_leaves_no_descriptor_and_many_can_follow_each_other()
    {
        IoUringRequirement.SkipWithoutIoUring();
        for (int round = 0; round < 200; round++)
        {
            using var session = new DriverSession(Small, 2);
            ConnectedPair pair = session.Open();
            session.Open();
            session.Turn(deadline: 0);
            session.Driver.Dispose();
            session.Driver.Wake();

            // The pair's own descriptor is a duplicate, so the connection ends only when that is closed as well.
            pair.Near.Dispose();
            pair.Far.ReceiveTimeout = 10_000;
            Assert.Equal(0, pair.Far.Receive(new byte[1]));
        }
    }

    private static void Exchange(DriverSession session, ConnectedPair pair, byte[] message, byte[] reply, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            pair.Far.Send(message);
            int received = 0;
            while (received < message.Length)
            {
                session.Driver.Wait(long.MaxValue);
                while (session.Driver.TryNext(out Completion completion))
                    received += completion.Kind == CompletionKind.Received ? completion.Result : 0;
            }

            session.Send(0, reply);
            bool sent = false;
            while (!sent)
            {
                session.Driver.Wait(long.MaxValue);
                while (session.Driver.TryNext(out Completion completion))
                    sent |= completion.Kind == CompletionKind.Sent;
            }

            pair.Far.Receive(message);
        }
    }

    private static byte[] Bytes(int length)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(length, pinned: true);
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)(i * 31 + (i >> 8));
        return bytes;
    }
}
