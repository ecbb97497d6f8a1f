using System.Net.Sockets;
using Penstock.Timing;

namespace Penstock.Drivers.Tests.Contract;

public abstract partial class DriverContract
{
    [Fact]
    public void After_a_graceful_close_the_peer_sees_all_bytes_and_the_end()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        byte[] data = Payload.Create(100_000);
        DriverHarness.BeginSend(slot, data);
        harness.UntilSeen(() => slot.Outgoing.Left == 0 && !slot.IsSending);
        harness.CloseFully(slot);
        harness.UntilSeen(() => peer.Drain().IsFinished);
        Payload.AssertEqual(data, peer.Received.Span);
    }

    [Fact]
    public void After_a_reset_the_peer_sees_an_error()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        harness.CloseFully(slot, CloseMode.Reset);
        harness.UntilSeen(() => peer.Drain().Error == SocketError.ConnectionReset);
    }

    [Theory]
    [InlineData(CloseMode.Graceful)]
    [InlineData(CloseMode.Reset)]
    public void A_close_with_a_send_outstanding_ends_with_Closed(object mode)
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open(sendBufferBytes: 4_096, peerReceiveBufferBytes: 4_096);
        byte[] data = Payload.Create(1_000_000);
        DriverHarness.BeginSend(slot, data);
        FillUp(harness, slot);
        harness.CloseFully(slot, (CloseMode)mode);
        harness.AssertQuiet();
        harness.UntilSeen(() => peer.Drain().IsFinished || peer.Error != SocketError.Success);
        Payload.AssertPrefix(data, peer.Received.Span);
    }

    [Fact]
    public void A_close_right_behind_a_send_loses_nothing_that_was_taken()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        byte[] data = Payload.Create(1_000);
        harness.SendOnce(slot, Payload.Segment(data, 0, data.Length));
        harness.Close(slot);
        harness.Until(() => slot.IsClosed);
        harness.UntilSeen(() => peer.Drain().IsFinished || peer.Error != SocketError.Success);
        int taken = slot.Sent.Count > 0 ? slot.Sent[0] : 0;
        Payload.AssertPrefix(data, peer.Received.Span);
        Assert.True(peer.Received.Length >= taken, $"{taken} bytes were taken and {peer.Received.Length} arrived");
    }

    [Fact]
    public void A_paused_connection_can_be_closed()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        harness.Pause(slot);
        harness.Settle();
        harness.CloseFully(slot);
        harness.UntilSeen(() => peer.Drain().IsFinished);
        harness.AssertQuiet();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_connection_can_be_closed_with_data_unread(bool finished)
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        harness.Pause(slot);
        harness.Settle();
        peer.Send(Payload.Create(10_000));
        if (finished)
            peer.Finish();
        peer.AwaitDelivered();
        harness.CloseFully(slot);
        harness.AssertQuiet();
        harness.UntilSeen(() => peer.Drain().IsFinished || peer.Error == SocketError.ConnectionReset);
    }

    [Fact]
    public void A_connection_can_be_closed_right_after_attaching()
    {
        using DriverHarness harness = Start();
        for (int i = 0; i < 20; i++)
        {
            (SlotJournal slot, Peer peer) = harness.Open();
            peer.Send([1]);
            harness.CloseFully(slot);
        }

        harness.AssertQuiet();
    }

    [Fact]
    public void A_connection_closed_after_its_peer_is_gone_still_completes()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        peer.Dispose();
        harness.Until(() => slot.ReceiveEnd is not null);
        harness.CloseFully(slot, CloseMode.Reset);
        harness.AssertQuiet();
    }

    [Fact]
    public void A_second_close_is_ignored_and_counted()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, _) = harness.Open();
        long stale = harness.Driver.StaleEvents;
        harness.Close(slot);
        harness.Close(slot, CloseMode.Reset);
        harness.Until(() => slot.IsClosed);
        harness.AssertQuiet();
        Assert.Equal(stale + 1, harness.Driver.StaleEvents);
    }

    [Fact]
    public void A_close_in_the_middle_of_what_arrived_ends_it()
    {
        using DriverHarness harness = Start(receiveBufferBytes: 16);
        (SlotJournal slot, Peer peer) = harness.Open();
        peer.Send(Payload.Create(1_000));
        peer.AwaitDelivered();
        harness.UntilOneByOne(() => slot.Receives > 0);
        harness.CloseFully(slot);
        harness.AssertQuiet();
        Assert.InRange(slot.Received.Length, 1, 999);
    }

    [Fact]
    public void Calls_for_a_closed_key_are_ignored_and_counted()
    {
        using DriverHarness harness = Start();
        (SlotJournal slot, _) = harness.Open();
        harness.CloseFully(slot);
        long stale = harness.Driver.StaleEvents;
        CallEverything(harness.Driver, slot.Key);
        harness.AssertQuiet();
        Assert.Equal(stale + 5, harness.Driver.StaleEvents);
    }

    [Fact]
    public void Calls_for_a_slots_earlier_use_do_not_touch_the_newcomer()
    {
        using DriverHarness harness = Start();
        (SlotJournal old, _) = harness.Open();
        harness.CloseFully(old);
        (SlotJournal slot, Peer peer) = harness.Open();
        Assert.Equal(old.Key.Index, slot.Key.Index);
        long stale = harness.Driver.StaleEvents;
        CallEverything(harness.Driver, old.Key);
        byte[] data = Payload.Create(1_000);
        peer.Send(data);
        ExpectReceived(harness, slot, data);
        DriverHarness.BeginSend(slot, data);
        ExpectSeen(harness, peer, data);
        Assert.Equal(stale + 5, harness.Driver.StaleEvents);
    }

    [Fact]
    public void Disposing_closes_every_descriptor()
    {
        int before = OpenDescriptors();
        using (DriverHarness harness = Start(slots: 6))
        {
            harness.Open().Slot.OnClose();
            harness.Pause(harness.Open().Slot);
            (SlotJournal slot, Peer peer) = harness.Open(sendBufferBytes: 4_096, peerReceiveBufferBytes: 4_096);
            DriverHarness.BeginSend(slot, Payload.Create(1_000_000));
            peer.Send([1, 2, 3]);
            if (Fixture.CannotListen is null)
                harness.Listen(DriverHarness.Listening());
            if (Fixture.CannotConnect is null)
                harness.Connect(harness.Own(DriverHarness.Listening()).LocalEndPoint!);
            harness.Turn();
        }

        Assert.Equal(before, OpenDescriptors());
    }

    [Fact]
    public async Task Disposing_does_not_wait_for_completions_that_nobody_pulled()
    {
        // On a thread that can be left behind: a driver that waits here waits for ever.
        Task disposed = Task.Factory.StartNew(
            DisposeBeforePulling, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await disposed.WaitAsync(DriverHarness.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_thousand_connections_one_after_the_other_leave_nothing_behind()
    {
        using DriverHarness harness = Start(slots: 2);
        int before = OpenDescriptors();
        for (int i = 0; i < 1_000; i++)
        {
            (SlotJournal slot, Peer peer) = harness.Open();
            peer.Send([1]);
            harness.Until(() => slot.Received.Length == 1);
            if (i % 2 == 0)
                peer.Dispose();
            harness.CloseFully(slot, i % 3 == 0 ? CloseMode.Reset : CloseMode.Graceful);
            peer.Dispose();
        }

        // Fewer is no fault of the driver: what an earlier test left to the collector may have been closed meanwhile.
        Assert.InRange(OpenDescriptors(), 0, before);
    }

    [Fact]
    public void A_closed_connections_descriptor_is_free_when_Closed_arrives()
    {
        using DriverHarness harness = Start();
        int before = OpenDescriptors();
        (SlotJournal slot, Peer peer) = harness.Open();
        harness.CloseFully(slot);
        peer.Dispose();
        Assert.Equal(before, OpenDescriptors());
    }

    private void DisposeBeforePulling()
    {
        DriverHarness harness = Start();
        (SlotJournal slot, Peer peer) = harness.Open();
        harness.Turn();
        peer.Deliver([1]);
        harness.Driver.Wait(LoopClock.System.Now + LoopClock.System.ToTimestamps(DriverHarness.Patience));
        harness.Dispose();
        Assert.Equal(0, slot.Received.Length);
    }

    private static void CallEverything(IoDriver driver, SlotKey stale)
    {
        byte[] data = Payload.Create(8, seed: 99);
        driver.PauseReceive(stale);
        driver.ResumeReceive(stale);
        driver.Send(stale, [Payload.Segment(data, 0, data.Length)]);
        driver.ShutdownSend(stale);
        driver.Close(stale, CloseMode.Reset);
    }
}
