using System.Net.Sockets;
using Penstock.Net;

namespace Penstock.Drivers.Tests.Contract;

public abstract partial class DriverContract
{
    [Fact]
    public void A_flooding_peer_does_not_starve_another()
    {
        Assert.SkipWhen(Fixture.CannotBoundReads is not null, Fixture.CannotBoundReads ?? "");
        const int PerTurn = 20_000;
        using DriverHarness harness = Start(slots: 2, receiveBufferBytes: 1_000, maxReadBytesPerTurn: PerTurn);
        (SlotJournal flooded, Peer flooder) = harness.Open();
        (SlotJournal slot, Peer peer) = harness.Open();
        byte[] flood = Payload.Create(1_000_000);
        for (int i = 0; i < 10; i++)
        {
            flooder.TrySend(flood);
            peer.Send([(byte)i]);
            peer.AwaitDelivered();
            int before = flooded.Received.Length;
            harness.Until(() => slot.Received.Length == i + 1);
            Assert.InRange(flooded.Received.Length - before, 0, 4 * PerTurn);
        }
    }

    [Fact]
    public void A_connection_that_always_has_something_to_send_does_not_starve_another()
    {
        using DriverHarness harness = Start(slots: 2);
        (SlotJournal sending, Peer reader) = harness.Open();
        (SlotJournal slot, Peer peer) = harness.Open();
        byte[] data = Payload.Create(16);
        for (int i = 0; i < 10; i++)
        {
            peer.Send([(byte)i]);
            peer.AwaitDelivered();
            for (int turns = 0; slot.Received.Length <= i; turns++)
            {
                Assert.True(turns < 10, "the other was not heard");
                harness.SendOnce(sending, Payload.Segment(data, 0, 16));
                harness.Turn();
                harness.Until(() => !sending.IsSending);
                reader.Drain();
            }
        }
    }

    [Fact]
    public void Two_thousand_connections_are_served_at_once()
    {
        const int Count = 2_000;
        using DriverHarness harness = Start(slots: Count);
        (SlotJournal Slot, Peer Peer)[] all = [.. Enumerable.Range(0, Count).Select(_ => harness.Open())];
        byte[][] data = [.. Enumerable.Range(0, Count).Select(i => Payload.Create(100, seed: i))];
        for (int i = 0; i < Count; i++)
            all[i].Peer.Send(data[i]);
        harness.Until(() => harness.Log.Count >= Count && all.All(pair => pair.Slot.Received.Length == 100));
        for (int i = 0; i < Count; i++)
        {
            Payload.AssertEqual(data[i], all[i].Slot.Received.Span);
            DriverHarness.BeginSend(all[i].Slot, data[i]);
            all[i].Peer.Finish();
        }

        harness.Until(() => all.All(pair => pair.Slot.IsFinished && pair.Slot.Outgoing.Left == 0));
        for (int i = 0; i < Count; i++)
        {
            Payload.AssertEqual(data[i], all[i].Peer.Drain().Received.Span);
            harness.Close(all[i].Slot);
        }

        harness.Until(() => all.All(pair => pair.Slot.IsClosed));
    }

    [Fact]
    public void A_steady_exchange_allocates_nothing()
    {
        Assert.SkipWhen(Fixture.Allocates is not null, Fixture.Allocates ?? "");
        using DriverHarness harness = Start();
        using Socket listener = DriverHarness.Listening();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = (int)DriverHarness.Patience.TotalMilliseconds,
        };
        client.Connect(listener.LocalEndPoint!);
        SocketHandle near = Fixture.AcceptOn(listener);
        var key = new SlotKey(0, 1);
        harness.Driver.Attach(key, near);

        Exchange(harness.Driver, key, client, rounds: 1_000);
        // The runtime itself allocates once in a while, when it compiles a hot method anew: hence several attempts.
        long allocated = long.MaxValue;
        for (int attempt = 0; attempt < 5 && allocated > 0; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Exchange(harness.Driver, key, client, rounds: 10_000);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    /// <summary>Raw, without the harness, whose records would count.</summary>
    private static void Exchange(IoDriver driver, SlotKey key, Socket client, int rounds)
    {
        ReadOnlySpan<byte> message = "0123456789abcdef"u8;
        Span<byte> reply = stackalloc byte[message.Length];
        for (int i = 0; i < rounds; i++)
        {
            // Not Assert.Equal, which allocates.
            Assert.True(client.Send(message) == message.Length);
            Assert.True(PullOne(driver, CompletionKind.Received) == message.Length);
            SendSegment segment = Payload.Segment(EchoBytes, 0, EchoBytes.Length);
            int sent = driver.Send(key, new ReadOnlySpan<SendSegment>(in segment));
            if (sent == IoDriver.SendPending)
                sent = PullOne(driver, CompletionKind.Sent);
            Assert.True(sent == message.Length);
            Assert.True(client.Receive(reply) == message.Length);
        }
    }

    private static readonly byte[] EchoBytes = Payload.Create(16);

    private static int PullOne(IoDriver driver, CompletionKind kind)
    {
        Completion completion;
        while (!driver.TryNext(out completion))
            driver.Wait(Clock.Now + Clock.ToTimestamps(DriverHarness.Patience));
        Assert.True(completion.Kind == kind);
        return completion.Result;
    }
}
