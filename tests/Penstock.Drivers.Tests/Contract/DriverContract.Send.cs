using Penstock.Net;

namespace Penstock.Drivers.Tests.Contract;

public abstract partial class DriverContract
{
    [Fact]
    public void A_small_send_is_taken_whole()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        byte[] data = Payload.Create(100);
        harness.SendOnce(slot, Payload.Segment(data, 0, 100));
        harness.Until(() => !slot.IsSending);
        Assert.Equal([100], slot.Sent);
        ExpectSeen(harness, peer, data);
        harness.AssertQuiet();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(64)]
    public void Segments_are_sent_in_order(int count)
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        byte[] data = Payload.Create(count * 37);
        // Lengths differ and the runs do not touch in the order they are sent.
        SendSegment[] segments = [.. Enumerable.Range(0, count).Select(i => Payload.Segment(data, i * 37, 1 + i % 37))];
        byte[] expected = [.. Enumerable.Range(0, count).SelectMany(i => data.AsSpan(i * 37, 1 + i % 37).ToArray())];
        harness.SendOnce(slot, segments);
        harness.Until(() => !slot.IsSending);
        Assert.Equal([expected.Length], slot.Sent);
        ExpectSeen(harness, peer, expected);
    }

    [Theory]
    [InlineData(1 << 20, 1)]
    [InlineData(10_000, 16)]
    [InlineData(999, 64)]
    public void Partial_sends_to_a_slow_reader_are_byte_exact(int segmentLength, int maxSegments)
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open(sendBufferBytes: 4_096, peerReceiveBufferBytes: 4_096);
        byte[] data = Payload.Create(400_000);
        DriverHarness.BeginSend(slot, data, segmentLength, maxSegments);
        harness.UntilSeen(() => peer.Drain(limit: 3_000).Received.Length == data.Length);
        Payload.AssertEqual(data, peer.Received.Span);
        harness.Until(() => slot.Outgoing.Left == 0 && !slot.IsSending);
        Assert.Equal(data.Length, slot.Sent.Sum());
    }

    [Fact]
    public void Every_send_completes_exactly_once()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        byte[] data = Payload.Create(1_000);
        for (int i = 0; i < data.Length; i++)
        {
            harness.SendOnce(slot, Payload.Segment(data, i, 1));
            harness.Until(() => !slot.IsSending);
        }

        Assert.Equal(data.Length, slot.Sent.Count);
        ExpectSeen(harness, peer, data);
    }

    [Fact]
    public void A_send_that_the_kernel_cannot_take_waits_without_spinning()
    {
        Assert.SkipUnless(Fixture.Sleeps, "never sleeps");
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open(sendBufferBytes: 4_096, peerReceiveBufferBytes: 4_096);
        byte[] data = Payload.Create(1_000_000);
        DriverHarness.BeginSend(slot, data);
        FillUp(harness, slot);
        harness.AssertQuiet();
        harness.UntilSeen(() => peer.Drain().Received.Length == data.Length);
        Payload.AssertEqual(data, peer.Received.Span);
    }

    [Fact]
    public void A_full_connection_still_receives()
    {
        Assert.SkipWhen(Fixture.CannotDoBothWays is not null, Fixture.CannotDoBothWays ?? "");
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open(sendBufferBytes: 4_096, peerReceiveBufferBytes: 4_096);
        DriverHarness.BeginSend(slot, Payload.Create(1_000_000));
        FillUp(harness, slot);
        byte[] data = Payload.Create(50_000, seed: 2);
        peer.Begin(data);
        harness.UntilSeen(() => peer.Push() && slot.Received.Length == data.Length);
        Payload.AssertEqual(data, slot.Received.Span);
    }

    [Fact]
    public void Slow_readers_do_not_hold_each_other_up()
    {
        using DriverHarness harness = Start(slots: 3);
        (SlotJournal Slot, Peer Peer)[] pairs =
        [
            .. Enumerable.Range(0, 3)
                .Select(_ => harness.Open(sendBufferBytes: 4_096, peerReceiveBufferBytes: 4_096)),
        ];
        byte[][] data = [.. Enumerable.Range(0, 3).Select(i => Payload.Create(300_000, seed: i))];
        for (int i = 0; i < 3; i++)
            DriverHarness.BeginSend(pairs[i].Slot, data[i], segmentLength: 5_000);
        // The first reads nothing until the others have everything.
        harness.UntilSeen(() => pairs[1].Peer.Drain(2_000).Received.Length == 300_000
            & pairs[2].Peer.Drain().Received.Length == 300_000);
        Assert.True(pairs[0].Slot.Outgoing.Left > 0);
        harness.UntilSeen(() => pairs[0].Peer.Drain().Received.Length == 300_000);
        for (int i = 0; i < 3; i++)
            Payload.AssertEqual(data[i], pairs[i].Peer.Received.Span);
    }

    [Fact]
    public void A_send_after_the_peer_reset_completes_with_an_error()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        peer.Reset();
        harness.Until(() => slot.IsBroken);
        DriverHarness.BeginSend(slot, Payload.Create(100));
        harness.Until(() => slot.Outgoing.Error < 0);
        Assert.Contains(slot.Outgoing.Error, new[] { -Errno.ECONNRESET, -Errno.EPIPE });
        harness.AssertQuiet();
    }

    [Fact]
    public void A_waiting_send_completes_when_the_peer_resets()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open(sendBufferBytes: 4_096, peerReceiveBufferBytes: 4_096);
        DriverHarness.BeginSend(slot, Payload.Create(1_000_000));
        FillUp(harness, slot);
        peer.Reset();
        harness.Until(() => slot.Outgoing.Error < 0);
        Assert.Contains(slot.Outgoing.Error, new[] { -Errno.ECONNRESET, -Errno.EPIPE });
        harness.CloseFully(slot);
    }

    [Fact]
    public void A_waiting_send_of_a_paused_connection_completes_when_the_peer_resets()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open(sendBufferBytes: 4_096, peerReceiveBufferBytes: 4_096);
        harness.Pause(slot);
        DriverHarness.BeginSend(slot, Payload.Create(1_000_000));
        FillUp(harness, slot);
        peer.Reset();
        harness.Until(() => slot.Outgoing.Error < 0);
        harness.AssertQuiet();
    }

    [Fact]
    public void Sending_works_while_receiving_is_paused()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open(sendBufferBytes: 4_096);
        harness.Pause(slot);
        harness.Settle();
        peer.Send([1]);
        byte[] data = Payload.Create(500_000);
        DriverHarness.BeginSend(slot, data);
        ExpectSeen(harness, peer, data);
        Assert.Equal(0, slot.Received.Length);
        harness.Resume(slot);
        harness.Until(() => slot.Received.Length == 1);
    }

    [Fact]
    public void Sending_goes_on_after_the_peer_finished()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open(sendBufferBytes: 4_096);
        peer.Finish();
        harness.Until(() => slot.IsFinished);
        byte[] data = Payload.Create(500_000);
        DriverHarness.BeginSend(slot, data);
        ExpectSeen(harness, peer, data);
    }

    [Fact]
    public void After_ShutdownSend_the_peer_sees_all_and_the_end_and_receiving_goes_on()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        byte[] data = Payload.Create(200_000);
        DriverHarness.BeginSend(slot, data);
        harness.UntilSeen(() => peer.Drain(50_000).Received.Length > 0 && slot.Outgoing.Left == 0 && !slot.IsSending);
        harness.Driver.ShutdownSend(slot.Key);
        harness.UntilSeen(() => peer.Drain().IsFinished);
        Payload.AssertEqual(data, peer.Received.Span);
        byte[] reply = Payload.Create(100_000, seed: 2);
        peer.Begin(reply);
        harness.UntilSeen(() => peer.Push() && slot.Received.Length == reply.Length);
        peer.Finish();
        harness.Until(() => slot.IsFinished);
        Payload.AssertEqual(reply, slot.Received.Span);
    }

    [Fact]
    public void A_ShutdownSend_right_behind_a_send_comes_after_its_bytes()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        byte[] data = Payload.Create(1_000);
        harness.SendOnce(slot, Payload.Segment(data, 0, data.Length));
        harness.Driver.ShutdownSend(slot.Key);
        harness.UntilSeen(() => peer.Drain().IsFinished);
        Payload.AssertEqual(data, peer.Received.Span);
        harness.Until(() => !slot.IsSending);
        Assert.Equal([data.Length], slot.Sent);
    }

    /// <summary>Turns until the kernel has taken nothing more for a while.</summary>
    private static void FillUp(DriverHarness harness, SlotJournal slot)
    {
        int left = -1;
        while (left != slot.Outgoing.Left)
        {
            // What is still on its way makes room when it arrives, however late that is on a busy machine.
            bool arrived = SpinWait.SpinUntil(
                () => Peer.Unacknowledged(slot.Socket.Descriptor) == 0, DriverHarness.Patience);
            Assert.True(arrived, "never delivered");
            left = slot.Outgoing.Left;
            harness.Settle();
        }

        Assert.True(left > 0, "the kernel took everything");
    }
}
