using System.Net;
using System.Net.Sockets;
using Penstock.Net;

namespace Penstock.Tests.Net;

/// <summary>That it works where the process has no descriptor left is a test of the whole command.</summary>
public sealed class SpareDescriptorTests
{
    [Fact]
    public void As_many_as_were_asked_for_are_turned_away_and_the_others_go_on_waiting()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Descriptors are a matter of POSIX systems.");
        using Socket listener = Listening();
        Socket[] clients = [.. Enumerable.Range(0, 3).Select(_ => Connected(listener))];
        using var spare = new SpareDescriptor();

        Assert.Equal(2, spare.TurnAway(HandleOf(listener), limit: 2));
        Assert.Equal(0, clients[0].Receive(new byte[1]));
        Assert.Equal(0, clients[1].Receive(new byte[1]));
        Assert.Equal(1, spare.TurnAway(HandleOf(listener), limit: 2));
        Assert.Equal(0, clients[2].Receive(new byte[1]));
        Assert.Equal(0, spare.TurnAway(HandleOf(listener), limit: 2));
        Array.ForEach(clients, client => client.Dispose());
    }

    [Fact]
    public void Nobody_is_turned_away_from_a_managed_socket()
    {
        using Socket listener = Listening();
        using Socket client = Connected(listener);
        using var spare = new SpareDescriptor();
        Assert.Equal(0, spare.TurnAway(SocketHandle.FromSocket(listener), limit: 2));
        using Socket accepted = listener.Accept();
        Assert.Equal(client.LocalEndPoint, accepted.RemoteEndPoint);
    }

    private static SocketHandle HandleOf(Socket socket) =>
        SocketHandle.FromDescriptor((int)socket.SafeHandle.DangerousGetHandle());

    private static Socket Listening()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        listener.Blocking = false;
        return listener;
    }

    private static Socket Connected(Socket listener)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.ReceiveTimeout = 10_000;
        client.Connect(listener.LocalEndPoint!);
        return client;
    }
}
