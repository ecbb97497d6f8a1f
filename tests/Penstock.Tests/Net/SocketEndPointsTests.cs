using System.Net;
using System.Net.Sockets;
using Penstock.Net;

namespace Penstock.Tests.Net;

/// <summary>A socket's two addresses, of a descriptor and of a managed socket alike.</summary>
public sealed class SocketEndPointsTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Both_ends_of_a_connection_are_known(bool managed)
    {
        using Socket listener = Listening();
        using Socket client = Connected(listener);
        SocketHandle handle = HandleOf(client, managed);
        Assert.Equal(client.RemoteEndPoint, SocketEndPoints.Remote(handle));
        Assert.Equal(client.LocalEndPoint, SocketEndPoints.Local(handle));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_socket_that_is_not_connected_has_no_peer(bool managed)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Assert.Null(SocketEndPoints.Remote(HandleOf(socket, managed)));
    }

    [Fact]
    public void A_managed_socket_that_is_closed_has_no_addresses()
    {
        using Socket listener = Listening();
        Socket socket = Connected(listener);
        socket.Dispose();
        Assert.Null(SocketEndPoints.Remote(SocketHandle.FromSocket(socket)));
        Assert.Null(SocketEndPoints.Local(SocketHandle.FromSocket(socket)));
    }

    [Fact]
    public void An_address_of_a_family_that_the_engine_does_not_speak_is_none() =>
        Assert.Null(SocketEndPoints.Parse(new SocketAddress(AddressFamily.Packet, 20)));

    private static SocketHandle HandleOf(Socket socket, bool managed)
    {
        Assert.SkipWhen(!managed && OperatingSystem.IsWindows(), "Descriptors are a matter of POSIX systems.");
        return managed
            ? SocketHandle.FromSocket(socket)
            : SocketHandle.FromDescriptor((int)socket.SafeHandle.DangerousGetHandle());
    }

    private static Socket Listening()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    private static Socket Connected(Socket listener)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        return client;
    }
}
