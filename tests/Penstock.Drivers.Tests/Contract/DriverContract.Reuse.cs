using Penstock.Drivers.Tests.Polling;
using Penstock.Net;

namespace Penstock.Drivers.Tests.Contract;

/// <summary>Descriptors and slots that are used again while events for their earlier use are still about.</summary>
public abstract partial class DriverContract
{
    [Theory]
    [InlineData(CloseMode.Graceful)]
    [InlineData(CloseMode.Reset)]
    public void An_event_for_a_descriptors_earlier_use_does_not_reach_the_newcomer(object mode)
    {
        SkipWithoutDescriptors();
        using DriverHarness harness = Start(slots: 2);
        (SlotJournal first, SlotJournal second) = OpenBothReady(harness);
        SlotJournal unserved = ServeOne(harness, first, second);
        (SocketHandle near, Peer peer) = harness.Pair();

        harness.Close(unserved, (CloseMode)mode);
        harness.PullUntil(() => unserved.IsClosed);
        SlotJournal newcomer = AttachAs(harness, unserved, near);
        harness.AssertQuiet();
        Assert.Equal(0, newcomer.Receives);
        Assert.Equal(0, unserved.Receives);

        byte[] data = Payload.Create(3_000);
        peer.Send(data);
        ExpectReceived(harness, newcomer, data);
        DriverHarness.BeginSend(newcomer, data);
        ExpectSeen(harness, peer, data);
    }

    [Fact]
    public void A_newcomer_with_data_under_a_used_descriptor_gets_its_own_and_only_that()
    {
        SkipWithoutDescriptors();
        using DriverHarness harness = Start(slots: 2, receiveBufferBytes: 64);
        for (int round = 0; round < 20; round++)
        {
            (SlotJournal first, SlotJournal second) = OpenBothReady(harness);
            SlotJournal unserved = ServeOne(harness, first, second);
            (SocketHandle near, Peer peer) = harness.Pair();
            byte[] data = Payload.Create(500, seed: round);
            peer.Send(data);
            peer.AwaitDelivered();
            harness.Close(unserved);
            harness.PullUntil(() => unserved.IsClosed);
            SlotJournal newcomer = AttachAs(harness, unserved, near);
            ExpectReceived(harness, newcomer, data);
            harness.CloseFully(newcomer);
            harness.CloseFully(first.IsClosed ? second : first);
        }
    }

    [Fact]
    public void A_pause_of_the_earlier_use_does_not_last_into_the_next()
    {
        using DriverHarness harness = Start();
        (SlotJournal old, _) = harness.Open();
        harness.Pause(old);
        harness.Settle();
        harness.CloseFully(old);
        (SlotJournal slot, Peer peer) = harness.Open();
        peer.Send([1, 2, 3]);
        ExpectReceived(harness, slot, [1, 2, 3]);
    }

    [Fact]
    public void A_change_asked_for_just_before_closing_does_not_reach_the_newcomer()
    {
        using DriverHarness harness = Start();
        (SlotJournal old, Peer oldPeer) = harness.Open(sendBufferBytes: 4_096, peerReceiveBufferBytes: 4_096);
        DriverHarness.BeginSend(old, Payload.Create(1_000_000));
        FillUp(harness, old);
        oldPeer.Send([9]);
        harness.Pause(old);
        harness.Close(old, CloseMode.Reset);
        harness.PullUntil(() => old.IsClosed);
        (SlotJournal slot, Peer peer) = harness.Open();
        peer.Send([1, 2, 3]);
        ExpectReceived(harness, slot, [1, 2, 3]);
        harness.AssertQuiet();
    }

    private void SkipWithoutDescriptors() =>
        Assert.SkipUnless(Fixture.WorksOnDescriptors, "the runtime owns the descriptors");

    /// <summary>Two connections, each with data in the kernel before the driver looks.</summary>
    private static (SlotJournal First, SlotJournal Second) OpenBothReady(DriverHarness harness)
    {
        (SlotJournal first, Peer firstPeer) = harness.Open();
        (SlotJournal second, Peer secondPeer) = harness.Open();
        harness.Settle();
        foreach (Peer peer in new[] { firstPeer, secondPeer })
        {
            peer.Send([7]);
            peer.AwaitDelivered();
        }

        return (first, second);
    }

    /// <summary>
    /// Stops in the middle of a batch of events: one of the two is served, and the other is returned.
    /// </summary>
    private static SlotJournal ServeOne(DriverHarness harness, SlotJournal first, SlotJournal second)
    {
        harness.UntilOneByOne(() => first.Receives + second.Receives > 0);
        Assert.Equal(1, first.Receives + second.Receives);
        return first.Receives == 0 ? first : second;
    }

    /// <summary>
    /// Attaches a connection under the slot and the descriptor number that <paramref name="closed"/> had. It was made
    /// before, as its other end would otherwise get the number.
    /// </summary>
    private static SlotJournal AttachAs(DriverHarness harness, SlotJournal closed, SocketHandle near)
    {
        int descriptor = closed.Socket.Descriptor;
        Assert.Equal(descriptor, NativeTestCalls.ReplaceDescriptor(near.Descriptor, descriptor));
        near.Close();
        SlotJournal slot = harness.Attach(SocketHandle.FromDescriptor(descriptor));
        Assert.Equal(closed.Key.Index, slot.Key.Index);
        Assert.NotEqual(closed.Key.Generation, slot.Key.Generation);
        return slot;
    }
}
