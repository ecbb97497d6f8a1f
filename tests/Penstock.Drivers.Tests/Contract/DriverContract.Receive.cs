using Penstock.Net;
using Penstock.Timing;

namespace Penstock.Drivers.Tests.Contract;

public abstract partial class DriverContract
{
    [Fact]
    public void What_a_peer_sends_is_received()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        byte[] data = Payload.Create(100);
        peer.Send(data);
        ExpectReceived(harness, slot, data);
        harness.AssertQuiet();
    }

    [Fact]
    public void What_arrived_before_attaching_is_received()
    {
        using DriverHarness harness = Start();
        (SocketHandle near, Peer peer) = harness.Pair();
        byte[] data = Payload.Create(5_000);
        peer.Deliver(data);
        ExpectReceived(harness, harness.Attach(near), data);
    }

    [Fact]
    public void Chunks_are_received_in_order()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        byte[] data = Payload.Create(20_100);
        for (int offset = 0, length = 1; length <= 200; offset += length, length++)
        {
            peer.Send(data.AsSpan(offset, length));
            if (length % 7 == 0)
                harness.Turn();
        }

        ExpectReceived(harness, slot, data);
    }

    [Theory]
    [InlineData(1, 20_000)]
    [InlineData(16, 200_000)]
    [InlineData(4_096, 1_000_000)]
    [InlineData(65_536, 4_000_000)]
    public void A_stream_is_received_whole_through_a_buffer_of_any_size(int receiveBufferBytes, int length)
    {
        using DriverHarness harness = Start(receiveBufferBytes: receiveBufferBytes, maxReadBytesPerTurn: 100_000);
        (SlotJournal slot, Peer peer) = harness.Open();
        byte[] data = Payload.Create(length);
        peer.Begin(data);
        harness.UntilSeen(() => peer.Push() && slot.Received.Length == length);
        Payload.AssertEqual(data, slot.Received.Span);
    }

    [Fact]
    public void Both_directions_stream_at_once()
    {
        Assert.SkipWhen(Fixture.CannotDoBothWays is not null, Fixture.CannotDoBothWays ?? "");
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open(sendBufferBytes: 8_192);
        byte[] up = Payload.Create(500_000, seed: 1);
        byte[] down = Payload.Create(500_000, seed: 2);
        peer.Begin(up);
        DriverHarness.BeginSend(slot, down);
        harness.UntilSeen(() => peer.Push() & peer.Drain().Received.Length == down.Length
            && slot.Received.Length == up.Length);
        Payload.AssertEqual(up, slot.Received.Span);
        Payload.AssertEqual(down, peer.Received.Span);
    }

    [Fact]
    public void A_FIN_is_reported_exactly_once()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        peer.Finish();
        harness.Until(() => slot.IsFinished);
        harness.AssertQuiet();
        Assert.Equal(1, slot.Receives);
    }

    [Theory]
    [InlineData(16, 1)]
    [InlineData(16, 16)]
    [InlineData(16, 1_000)]
    [InlineData(65_536, 1_000)]
    [InlineData(65_536, 65_536)]
    public void Data_comes_before_the_FIN_right_behind_it(int receiveBufferBytes, int length)
    {
        using DriverHarness harness = Start(receiveBufferBytes: receiveBufferBytes, maxReadBytesPerTurn: 100);
        (SlotJournal slot, Peer peer) = harness.Open();
        byte[] data = Payload.Create(length);
        peer.DeliverAndFinish(data);
        harness.Until(() => slot.IsFinished);
        Payload.AssertEqual(data, slot.Received.Span);
        harness.AssertQuiet();
    }

    [Fact]
    public void A_connection_finished_in_both_directions_is_quiet()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        peer.Finish();
        harness.Until(() => slot.IsFinished);
        harness.Driver.ShutdownSend(slot.Key);
        harness.UntilSeen(() => peer.Drain().IsFinished);
        harness.AssertQuiet();
        harness.CloseFully(slot);
    }

    [Fact]
    public void A_peer_that_resets_is_reported_exactly_once()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        peer.Reset();
        harness.Until(() => slot.IsBroken);
        Assert.Equal(-Errno.ECONNRESET, slot.ReceiveEnd);
        harness.AssertQuiet();
        harness.CloseFully(slot);
    }

    [Fact]
    public void A_peer_that_resets_after_data_delivers_no_more_than_it_sent()
    {
        using DriverHarness harness = Start(receiveBufferBytes: 64);
        (SlotJournal slot, Peer peer) = harness.Open();
        byte[] data = Payload.Create(1_000);
        peer.Send(data);
        peer.Reset();
        harness.Until(() => slot.IsBroken);
        Payload.AssertPrefix(data, slot.Received.Span);
        harness.AssertQuiet();
    }

    [Fact]
    public void A_peer_that_resets_after_its_FIN_adds_nothing()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        peer.Finish();
        harness.Until(() => slot.IsFinished);
        peer.Reset();
        harness.AssertQuiet();
        harness.CloseFully(slot);
    }

    [Fact]
    public void A_loop_that_pulls_one_completion_a_turn_never_waits_while_more_are_there()
    {
        using DriverHarness harness = Start(receiveBufferBytes: 16);
        (SlotJournal slot, Peer peer) = harness.Open();
        peer.Send(Payload.Create(1_600));
        peer.AwaitDelivered();
        long start = LoopClock.System.Now;
        while (slot.Received.Length < 1_600)
            harness.Turn(DriverHarness.Patience, budget: 1);
        Assert.True(LoopClock.System.Provider.GetElapsedTime(start) < DriverHarness.Patience, "a wait went to sleep");
    }

    [Fact]
    public void An_idle_connection_is_quiet()
    {
        using DriverHarness harness = Start(slots: 1);
        harness.Open();
        harness.AssertQuiet();
    }
}
