using System.Net;
using System.Net.Sockets;

namespace Penstock.Drivers.Tests.Contract;

public abstract partial class DriverContract
{
    [Fact]
    public void A_connection_is_accepted()
    {
        using DriverHarness harness = StartListening(1, out SlotJournal listener, out EndPoint address);
        harness.Own(Peer.Connect(address));
        harness.Until(() => listener.Accepted.Count == 1);
        harness.AssertQuiet();
    }

    [Fact]
    public void A_hundred_connections_are_accepted_once_each()
    {
        using DriverHarness harness = StartListening(101, out SlotJournal listener, out EndPoint address);
        Peer[] peers = ConnectMany(harness, address, 100);
        for (int i = 0; i < peers.Length; i++)
            peers[i].Send([(byte)i]);
        harness.Until(() => listener.Accepted.Count == 100);
        SlotJournal[] slots = [.. listener.Accepted.Select(harness.Attach)];
        listener.Accepted.Clear();
        harness.Until(() => slots.All(slot => slot.Received.Length == 1));
        Assert.Equal(Enumerable.Range(0, 100), slots.Select(slot => (int)slot.Received.Span[0]).Order());
    }

    [Fact]
    public void A_connection_accepted_with_data_and_FIN_already_there_delivers_both()
    {
        using DriverHarness harness = StartListening(2, out SlotJournal listener, out EndPoint address);
        byte[] data = Payload.Create(1_000);
        Peer peer = harness.Own(Peer.Connect(address));
        peer.DeliverAndFinish(data);
        SlotJournal slot = AttachAccepted(harness, listener);
        harness.Until(() => slot.IsFinished);
        Payload.AssertEqual(data, slot.Received.Span);
    }

    [Fact]
    public void Connections_that_waited_before_listening_began_are_accepted()
    {
        SkipWithoutListen();
        using DriverHarness harness = Start();
        Socket socket = DriverHarness.Listening();
        ConnectMany(harness, socket.LocalEndPoint!, 5);
        SlotJournal listener = harness.Listen(socket);
        harness.Until(() => listener.Accepted.Count == 5);
    }

    [Fact]
    public void A_paused_listener_leaves_newcomers_in_the_backlog_until_it_is_resumed()
    {
        using DriverHarness harness = StartListening(1, out SlotJournal listener, out EndPoint address);
        harness.Pause(listener);
        harness.Settle();
        ConnectMany(harness, address, 5);
        harness.AssertQuiet();
        Assert.Empty(listener.Accepted);
        harness.Resume(listener);
        harness.Until(() => listener.Accepted.Count == 5);
    }

    [Fact]
    public void A_listener_that_is_paused_while_it_waits_keeps_who_comes_until_it_is_resumed()
    {
        using DriverHarness harness = StartListening(1, out SlotJournal listener, out EndPoint address);
        harness.Turn();
        harness.Pause(listener);
        harness.Settle();
        ConnectMany(harness, address, 5);
        harness.AssertQuiet();
        Assert.Empty(listener.Accepted);
        harness.Resume(listener);
        harness.Until(() => listener.Accepted.Count == 5);
    }

    [Fact]
    public void A_listener_paused_and_resumed_in_one_turn_loses_nobody()
    {
        using DriverHarness harness = StartListening(1, out SlotJournal listener, out EndPoint address);
        for (int round = 1; round <= 10; round++)
        {
            ConnectMany(harness, address, 3);
            harness.Pause(listener);
            harness.Resume(listener);
            harness.Until(() => listener.Accepted.Count == 3 * round);
        }
    }

    [Fact]
    public void A_listener_paused_within_a_storm_goes_on_where_it_stopped()
    {
        using DriverHarness harness = StartListening(1, out SlotJournal listener, out EndPoint address);
        ConnectMany(harness, address, 50);
        for (int round = 0; round < 10; round++)
        {
            int before = listener.Accepted.Count;
            if (before == 50)
                break;
            harness.UntilOneByOne(() => listener.Accepted.Count > before);
            harness.Pause(listener);
            harness.AssertQuiet();
            harness.Resume(listener);
        }

        harness.Until(() => listener.Accepted.Count == 50);
    }

    [Fact]
    public void A_turn_that_ends_with_a_newcomer_does_not_make_the_next_one_wait()
    {
        using DriverHarness harness = StartListening(1, out SlotJournal listener, out EndPoint address);
        ConnectMany(harness, address, 5);
        harness.UntilOneByOne(() => listener.Accepted.Count == 5);
    }

    [Fact]
    public void A_storm_of_connections_does_not_hold_up_those_that_are_in()
    {
        using DriverHarness harness = StartListening(2, out SlotJournal listener, out EndPoint address);
        (SlotJournal slot, Peer peer) = harness.Open();
        int storm = Fixture.MaxAcceptsInARow * 4;
        peer.Send([1]);
        peer.AwaitDelivered();
        ConnectMany(harness, address, storm);
        harness.Until(() => slot.Received.Length == 1 && listener.Accepted.Count == storm);
        int acceptedBefore = harness.Log
            .TakeWhile(entry => entry.Slot != slot.Key)
            .Count(entry => entry.Kind == CompletionKind.Accepted);
        Assert.InRange(acceptedBefore, 0, Fixture.MaxAcceptsInARow * 2);
    }

    [Fact]
    public void A_closed_listener_accepts_nobody_and_refuses_newcomers()
    {
        using DriverHarness harness = StartListening(1, out SlotJournal listener, out EndPoint address);
        ConnectMany(harness, address, 3);
        harness.CloseFully(listener);
        harness.AssertQuiet();
        SocketException refused = Assert.Throws<SocketException>(() => Peer.Connect(address));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public void A_listener_that_is_closed_within_a_storm_leaves_nobody_connected()
    {
        using DriverHarness harness = StartListening(1, out SlotJournal listener, out EndPoint address);
        Peer[] peers = ConnectMany(harness, address, 200);
        harness.UntilOneByOne(() => listener.Accepted.Count == 1);
        listener.Accepted.Dequeue().Close();
        harness.CloseFully(listener);
        harness.UntilSeen(() => peers.All(peer => peer.Drain().IsGone));
        harness.AssertQuiet();
    }

    [Fact]
    public void A_driver_that_is_disposed_within_a_storm_leaves_nobody_connected()
    {
        using DriverHarness harness = StartListening(1, out SlotJournal listener, out EndPoint address);
        Peer[] peers = [.. Enumerable.Range(0, 200).Select(_ => Peer.Connect(address))];
        harness.UntilOneByOne(() => listener.Accepted.Count == 1);
        harness.Dispose();
        Assert.True(SpinWait.SpinUntil(() => peers.All(peer => peer.Drain().IsGone), DriverHarness.Patience));
        Assert.All(peers, peer => peer.Dispose());
    }

    [Fact]
    public void A_paused_listener_can_be_closed()
    {
        using DriverHarness harness = StartListening(1, out SlotJournal listener, out EndPoint address);
        harness.Pause(listener);
        harness.Settle();
        ConnectMany(harness, address, 3);
        harness.CloseFully(listener);
        harness.AssertQuiet();
        Assert.Empty(listener.Accepted);
    }

    [Fact]
    public void Accepted_connections_outlive_their_listener()
    {
        using DriverHarness harness = StartListening(2, out SlotJournal listener, out EndPoint address);
        Peer peer = harness.Own(Peer.Connect(address));
        SlotJournal slot = AttachAccepted(harness, listener);
        harness.CloseFully(listener);
        byte[] data = Payload.Create(100);
        peer.Send(data);
        ExpectReceived(harness, slot, data);
        DriverHarness.BeginSend(slot, data);
        ExpectSeen(harness, peer, data);
    }

    [Fact]
    public void A_listener_on_IPv6_accepts()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
        ExpectAcceptOn(new IPEndPoint(IPAddress.IPv6Loopback, 0));
    }

    [Fact]
    public void A_listener_on_a_Unix_domain_socket_accepts()
    {
        string path = Path.Combine(Path.GetTempPath(), $"penstock-{Guid.NewGuid():N}");
        try
        {
            ExpectAcceptOn(new UnixDomainSocketEndPoint(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private void ExpectAcceptOn(EndPoint address)
    {
        SkipWithoutListen();
        using DriverHarness harness = Start(slots: 2);
        Socket socket = DriverHarness.Listening(address);
        EndPoint bound = socket.LocalEndPoint!;
        SlotJournal listener = harness.Listen(socket);
        Peer peer = harness.Own(Peer.Connect(bound));
        SlotJournal slot = AttachAccepted(harness, listener);
        byte[] data = Payload.Create(10_000);
        peer.Send(data);
        ExpectReceived(harness, slot, data);
        DriverHarness.BeginSend(slot, data);
        ExpectSeen(harness, peer, data);
    }

    private DriverHarness StartListening(int slots, out SlotJournal listener, out EndPoint address)
    {
        SkipWithoutListen();
        DriverHarness harness = Start(slots);
        Socket socket = DriverHarness.Listening();
        address = socket.LocalEndPoint!;
        listener = harness.Listen(socket);
        return harness;
    }

    private void SkipWithoutListen() => Assert.SkipWhen(Fixture.CannotListen is not null, Fixture.CannotListen ?? "");

    private static Peer[] ConnectMany(DriverHarness harness, EndPoint address, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => harness.Own(Peer.Connect(address)))];

    private static SlotJournal AttachAccepted(DriverHarness harness, SlotJournal listener)
    {
        harness.Until(() => listener.Accepted.Count > 0);
        return harness.Attach(listener.Accepted.Dequeue());
    }
}
