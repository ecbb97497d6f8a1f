using System.Net;
using Penstock.Interop.Posix;
using Penstock.Net;

namespace Penstock.Drivers.Tests.Contract;

public abstract partial class DriverContract
{
    [Fact]
    public void Nothing_arrives_while_paused_and_all_of_it_after_resuming()
    {
        using DriverHarness harness = StartPaused(out SlotJournal slot, out Peer peer);
        byte[] data = Payload.Create(50_000);
        peer.Deliver(data);
        ExpectReceivedOnceResumed(harness, slot, data);
    }

    [Fact]
    public void A_pause_right_after_attaching_holds_what_is_already_there()
    {
        using DriverHarness harness = Start();
        (SocketHandle near, Peer peer) = harness.Pair();
        byte[] data = Payload.Create(5_000);
        peer.Deliver(data);
        SlotJournal slot = harness.Attach(near);
        harness.Pause(slot);
        ExpectReceivedOnceResumed(harness, slot, data);
    }

    [Fact]
    public void A_pause_and_a_resume_in_one_turn_lose_nothing()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        byte[] data = Payload.Create(100_000);
        for (int i = 0; i < 100; i++)
        {
            peer.Send(data.AsSpan(i * 1_000, 1_000));
            if (i % 2 == 0)
                peer.AwaitDelivered();
            harness.Pause(slot);
            harness.Resume(slot);
            if (i % 3 == 0)
                harness.Turn();
        }

        ExpectReceived(harness, slot, data);
    }

    [Fact]
    public void A_pause_after_one_receive_stops_the_rest_of_the_same_event() => PauseAfterEachReceive(settles: true);

    [Fact]
    public void A_pause_and_a_resume_between_two_receives_of_one_event_change_nothing() =>
        PauseAfterEachReceive(settles: false);

    [Fact]
    public void Pausing_twice_is_the_same_as_once_and_so_is_resuming()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        harness.Resume(slot);
        harness.Pause(slot);
        harness.Pause(slot);
        harness.Settle();
        byte[] data = Payload.Create(1_000);
        peer.Send(data);
        harness.AssertQuiet();
        harness.Resume(slot);
        harness.Resume(slot);
        ExpectReceived(harness, slot, data);
    }

    [Fact]
    public void A_FIN_is_announced_while_paused_and_comes_behind_the_bytes_once_resumed()
    {
        using DriverHarness harness = StartPaused(out SlotJournal slot, out Peer peer);
        byte[] data = Payload.Create(1_000);
        peer.DeliverAndFinish(data);
        harness.Until(() => slot.IsFinishAnnounced);
        harness.AssertQuiet();
        Assert.Null(slot.ReceiveEnd);
        harness.Resume(slot);
        harness.Until(() => slot.IsFinished);
        Payload.AssertEqual(data, slot.Received.Span);
    }

    [Fact]
    public void A_FIN_with_nothing_before_it_is_announced_while_paused()
    {
        using DriverHarness harness = StartPaused(out SlotJournal slot, out Peer peer);
        peer.Finish();
        harness.Until(() => slot.IsFinishAnnounced);
        harness.AssertQuiet();
        harness.Resume(slot);
        harness.Until(() => slot.IsFinished);
        Assert.Equal(0, slot.Received.Length);
    }

    [Fact]
    public void A_FIN_that_was_there_before_the_pause_is_announced_too()
    {
        using DriverHarness harness = Start();
        (SocketHandle near, Peer peer) = harness.Pair();
        byte[] data = Payload.Create(5_000);
        peer.DeliverAndFinish(data);
        SlotJournal slot = harness.Attach(near);
        harness.Pause(slot);
        harness.Until(() => slot.IsFinishAnnounced);
        harness.Resume(slot);
        harness.Until(() => slot.IsFinished);
        Payload.AssertEqual(data, slot.Received.Span);
    }

    [Fact]
    public void A_FIN_is_announced_once_however_often_the_connection_is_paused()
    {
        using DriverHarness harness = StartPaused(out SlotJournal slot, out Peer peer);
        byte[] data = Payload.Create(50_000);
        peer.DeliverAndFinish(data);
        harness.Until(() => slot.IsFinishAnnounced);
        for (int i = 0; i < 5; i++)
        {
            harness.Resume(slot);
            harness.Pause(slot);
            harness.Settle();
        }

        harness.Resume(slot);
        harness.Until(() => slot.IsFinished);
        Payload.AssertEqual(data, slot.Received.Span);
    }

    [Fact]
    public void Bytes_that_arrive_while_paused_are_no_end()
    {
        using DriverHarness harness = StartPaused(out SlotJournal slot, out Peer peer);
        byte[] data = Payload.Create(3_000);
        for (int i = 0; i < 3; i++)
        {
            peer.Deliver(data.AsSpan(i * 1_000, 1_000).ToArray());
            harness.Settle();
        }

        Assert.False(slot.IsFinishAnnounced);
        peer.Finish();
        harness.Until(() => slot.IsFinishAnnounced);
        harness.Resume(slot);
        harness.Until(() => slot.IsFinished);
        Payload.AssertEqual(data, slot.Received.Span);
    }

    [Fact]
    public void A_paused_connection_with_a_send_that_waits_for_room_hears_of_the_end_too()
    {
        using DriverHarness harness = StartPaused(out SlotJournal slot, out Peer peer);
        DriverHarness.BeginSend(slot, Payload.Create(16 * 1024 * 1024));
        harness.Settle();
        peer.Finish();
        harness.Until(() => slot.IsFinishAnnounced);
        harness.Resume(slot);
        harness.Until(() => slot.IsFinished);
    }

    [Fact]
    public void A_paused_connection_finished_in_both_directions_is_quiet()
    {
        using DriverHarness harness = StartPaused(out SlotJournal slot, out Peer peer);
        peer.Send([1]);
        peer.Finish();
        harness.Driver.ShutdownSend(slot.Key);
        harness.UntilSeen(() => peer.Drain().IsFinished);
        harness.Until(() => slot.IsFinishAnnounced);
        harness.AssertQuiet();
        harness.Resume(slot);
        harness.Until(() => slot.IsFinished);
        Assert.Equal(1, slot.Received.Length);
    }

    [Fact]
    public void A_paused_connection_that_is_reset_reports_it_at_once_and_nothing_else()
    {
        using DriverHarness harness = StartPaused(out SlotJournal slot, out Peer peer);
        byte[] data = Payload.Create(1_000);
        peer.Deliver(data);
        peer.Reset();
        harness.Until(() => slot.IsBroken);
        Assert.Equal(-Errno.ECONNRESET, slot.ReceiveEnd);
        Payload.AssertPrefix(data, slot.Received.Span);
        harness.AssertQuiet();
        harness.Resume(slot);
        harness.AssertQuiet();
    }

    [Fact]
    public void A_paused_connection_that_is_reset_can_be_closed()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        harness.Pause(slot);
        peer.Reset();
        AwaitHangUp(slot);
        harness.Settle();
        harness.CloseFully(slot);
        harness.AssertQuiet();
    }

    [Fact]
    public void A_paused_connection_holds_its_sender_back_and_then_delivers_byte_exact()
    {
        using DriverHarness harness = StartPaused(out SlotJournal slot, out Peer peer);
        byte[] data = Payload.Create(16 * 1024 * 1024);
        peer.Begin(data);
        for (int i = 0; i < 100; i++)
        {
            Assert.False(peer.Push(), "nothing held the sender back");
            harness.Turn();
        }

        harness.Resume(slot);
        harness.UntilSeen(() => peer.Push() && slot.Received.Length == data.Length);
        Payload.AssertEqual(data, slot.Received.Span);
    }

    [Fact]
    public void A_paused_connection_does_not_hold_up_another()
    {
        using DriverHarness harness = Start(slots: 2);
        (SlotJournal paused, Peer first) = harness.Open();
        (SlotJournal slot, Peer second) = harness.Open();
        harness.Pause(paused);
        byte[] data = Payload.Create(10_000);
        first.Send(data);
        first.AwaitDelivered();
        second.Send(data);
        ExpectReceived(harness, slot, data);
        Assert.InRange(paused.Received.Length, 0, harness.Driver.PauseOvershootBytes);
    }

    [Fact]
    public void A_listener_and_its_connections_are_paused_separately()
    {
        using DriverHarness harness = StartListening(2, out SlotJournal listener, out EndPoint address);
        Peer peer = harness.Own(Peer.Connect(address));
        SlotJournal slot = AttachAccepted(harness, listener);
        harness.Pause(listener);
        peer.Send([1, 2, 3]);
        ExpectReceived(harness, slot, [1, 2, 3]);
        harness.Resume(listener);
        harness.Pause(slot);
        harness.Own(Peer.Connect(address));
        harness.Until(() => listener.Accepted.Count == 1);
    }

    /// <summary>Starts a driver with a connection whose pause has taken effect.</summary>
    private DriverHarness StartPaused(out SlotJournal slot, out Peer peer)
    {
        DriverHarness harness = Start();
        (slot, peer) = harness.Open();
        harness.Pause(slot);
        harness.Settle();
        return harness;
    }

    /// <param name="settles">Whether the pause lasts until the driver has had time to get it wrong.</param>
    private void PauseAfterEachReceive(bool settles)
    {
        using DriverHarness harness = Start(receiveBufferBytes: 100);
        (SlotJournal slot, Peer peer) = harness.Open();
        byte[] data = Payload.Create(5_000);
        peer.Deliver(data);
        while (slot.Received.Length < data.Length)
        {
            int before = slot.Receives;
            harness.UntilOneByOne(() => slot.Receives > before);
            harness.Pause(slot);
            if (settles)
                harness.Settle();
            harness.Resume(slot);
        }

        Payload.AssertEqual(data, slot.Received.Span);
    }

    private static void ExpectReceivedOnceResumed(DriverHarness harness, SlotJournal slot, byte[] expected)
    {
        harness.AssertQuiet();
        harness.Resume(slot);
        ExpectReceived(harness, slot, expected);
    }

    // Asks the kernel past the driver, so that a silent driver is known to have had something to say.
    private static unsafe void AwaitHangUp(SlotJournal slot)
    {
        PollDescriptor descriptor = new() { Descriptor = slot.Socket.Descriptor };
        Assert.Equal(1, Libc.Poll(&descriptor, 1, (int)DriverHarness.Patience.TotalMilliseconds));
    }
}
