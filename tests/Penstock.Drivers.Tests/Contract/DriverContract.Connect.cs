using System.Net;
using System.Net.Sockets;
using Penstock.Net;

namespace Penstock.Drivers.Tests.Contract;

public abstract partial class DriverContract
{
    [Fact]
    public void A_connection_is_made_and_used()
    {
        using DriverHarness harness = StartConnecting();
        Socket listener = harness.Own(DriverHarness.Listening());
        ExpectConnected(harness, listener);
    }

    [Fact]
    public void A_connection_is_made_over_IPv6()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
        using DriverHarness harness = StartConnecting();
        Socket listener = harness.Own(DriverHarness.Listening(new IPEndPoint(IPAddress.IPv6Loopback, 0)));
        ExpectConnected(harness, listener);
    }

    [Fact]
    public void A_connection_is_made_to_a_Unix_domain_socket()
    {
        using DriverHarness harness = StartConnecting();
        string path = Path.Combine(Path.GetTempPath(), $"penstock-{Guid.NewGuid():N}");
        try
        {
            ExpectConnected(harness, harness.Own(DriverHarness.Listening(new UnixDomainSocketEndPoint(path))));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_refused_connection_is_reported_once_and_the_slot_stays_until_it_is_closed()
    {
        using DriverHarness harness = StartConnecting();
        SlotJournal slot = harness.Connect(UnusedAddress());
        harness.Until(() => slot.Connected is not null);
        Assert.Equal(-Errno.ECONNREFUSED, slot.Connected);
        harness.AssertQuiet();
        harness.CloseFully(slot);
        Assert.Equal(0, slot.Receives);
    }

    [Fact]
    public void A_Unix_domain_socket_that_does_not_exist_is_an_error()
    {
        using DriverHarness harness = StartConnecting();
        string path = Path.Combine(Path.GetTempPath(), $"penstock-{Guid.NewGuid():N}");
        SlotJournal slot = harness.Connect(new UnixDomainSocketEndPoint(path));
        harness.Until(() => slot.Connected is not null);
        Assert.Equal(-Errno.ENOENT, slot.Connected);
        harness.AssertQuiet();
        harness.CloseFully(slot);
    }

    [Fact]
    public void What_the_other_side_sends_at_once_is_received_after_Connected()
    {
        using DriverHarness harness = StartConnecting();
        Socket listener = harness.Own(DriverHarness.Listening());
        byte[] data = Payload.Create(5_000);
        for (int i = 0; i < 20; i++)
        {
            SlotJournal slot = harness.Connect(listener.LocalEndPoint!);
            Peer peer = harness.Own(Peer.AcceptOn(listener));
            peer.Send(data);
            peer.Finish();
            harness.Until(() => slot.IsFinished);
            Payload.AssertEqual(data, slot.Received.Span);
            Assert.Equal(CompletionKind.Connected, harness.Log.First(entry => entry.Slot == slot.Key).Kind);
            harness.CloseFully(slot);
        }
    }

    [Fact]
    public void A_connection_paused_while_it_is_made_receives_when_it_is_resumed()
    {
        using DriverHarness harness = StartConnecting();
        Socket listener = harness.Own(DriverHarness.Listening());
        SlotJournal slot = harness.Connect(listener.LocalEndPoint!);
        harness.Pause(slot);
        Peer peer = harness.Own(Peer.AcceptOn(listener));
        byte[] data = Payload.Create(5_000);
        peer.Deliver(data);
        harness.Until(() => slot.Connected == 0);
        harness.AssertQuiet();
        harness.Resume(slot);
        ExpectReceived(harness, slot, data);
    }

    [Fact]
    public void A_connection_under_way_is_not_reported_and_can_be_closed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a full backlog is silent on Linux only");
        using DriverHarness harness = StartConnecting();

        // Two fill the backlog, and the kernel drops the SYN of the third.
        Socket listener = harness.Own(DriverHarness.Listening(backlog: 1));
        ConnectMany(harness, listener.LocalEndPoint!, 2);
        SlotJournal slot = harness.Connect(listener.LocalEndPoint!);
        harness.AssertQuiet();
        Assert.Null(slot.Connected);
        harness.CloseFully(slot);
        harness.AssertQuiet();
    }

    private DriverHarness StartConnecting()
    {
        Assert.SkipWhen(Fixture.CannotConnect is not null, Fixture.CannotConnect ?? "");
        return Start();
    }

    private static void ExpectConnected(DriverHarness harness, Socket listener)
    {
        SlotJournal slot = harness.Connect(listener.LocalEndPoint!);
        harness.Until(() => slot.Connected is not null);
        Assert.Equal(0, slot.Connected);
        Peer peer = harness.Own(Peer.AcceptOn(listener));
        harness.AssertQuiet();
        byte[] data = Payload.Create(100_000);
        DriverHarness.BeginSend(slot, data);
        ExpectSeen(harness, peer, data);
        peer.Begin(data);
        harness.UntilSeen(() => peer.Push() && slot.Received.Length == data.Length);
        Payload.AssertEqual(data, slot.Received.Span);
        peer.Finish();
        harness.Until(() => slot.IsFinished);
        harness.CloseFully(slot);
        harness.UntilSeen(() => peer.Drain().IsFinished);
    }

    private static EndPoint UnusedAddress()
    {
        using Socket socket = DriverHarness.Listening();
        return socket.LocalEndPoint!;
    }
}
