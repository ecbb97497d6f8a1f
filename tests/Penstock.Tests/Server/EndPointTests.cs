using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Penstock.Net;

namespace Penstock.Tests.Server;

/// <summary>A server listens where it was told to, and nowhere else.</summary>
public sealed class EndPointTests
{
    private static readonly IPAddress OtherLoopback = IPAddress.Parse("127.0.0.2");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_address_is_honoured(int loops)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has all of 127.0.0.0/8 on its loopback.");
        await using TestServer server = TestServer.Echo(o =>
        {
            o.EndPoint = new IPEndPoint(OtherLoopback, 0);
            o.Loops.Count = loops;
        });
        var endPoint = (IPEndPoint)server.EndPoint;
        Assert.Equal(OtherLoopback, endPoint.Address);
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
        var refused = await Assert.ThrowsAsync<SocketException>(
            () => TestClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, endPoint.Port)));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task IPv6_loopback(int loops)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "This machine has no IPv6.");
        await using TestServer server = TestServer.Echo(o =>
        {
            o.EndPoint = new IPEndPoint(IPAddress.IPv6Loopback, 0);
            o.Loops.Count = loops;
        });
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
        Assert.Equal(IPAddress.IPv6Loopback, ((IPEndPoint)server.EndPoint).Address);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_IPv6_wildcard_takes_IPv4_as_well(int loops)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "This machine has no IPv6.");
        await using TestServer server = TestServer.Echo(o =>
        {
            o.EndPoint = new IPEndPoint(IPAddress.IPv6Any, 0);
            o.Loops.Count = loops;
        });
        int port = ((IPEndPoint)server.EndPoint).Port;
        foreach (IPAddress address in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
        {
            using TestClient client = await TestClient.ConnectAsync(new IPEndPoint(address, port));
            await client.ExchangeAsync();
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    public async Task A_port_in_use_is_refused_also_when_it_is_shared_by_loops(int first, int second)
    {
        await using TestServer server = TestServer.Echo(o => o.Loops.Count = first);
        var refused = Assert.Throws<SocketException>(() => TestServer.Echo(o =>
        {
            o.EndPoint = server.EndPoint;
            o.Loops.Count = second;
        }));
        Assert.Equal(SocketError.AddressAlreadyInUse, refused.SocketErrorCode);
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
    }

    [Fact]
    public async Task A_listening_socket_can_be_inherited()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        EndPoint endPoint = listener.LocalEndPoint!;

        // Who waits in its backlog is served: that is the point of handing a listener over.
        using TestClient client = await TestClient.ConnectAsync(endPoint);
        await client.SendFrameAsync("early");
        int descriptor = (int)listener.SafeHandle.DangerousGetHandle();
        listener.SafeHandle.SetHandleAsInvalid();

        TestServer server = TestServer.Echo(o => o.EndPoint = new DescriptorEndPoint(descriptor));
        Assert.Equal(endPoint, server.EndPoint);
        Assert.Equal("early"u8.ToArray(), await client.ReceiveFrameAsync());
        await server.DisposeAsync();
        await Assert.ThrowsAsync<SocketException>(() => TestClient.ConnectAsync(endPoint));
    }

    [Fact]
    public async Task A_listener_that_breaks_takes_its_server_down_and_Completion_says_why()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux breaks a listening socket that is shut down.");
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var endPoint = new DescriptorEndPoint((int)listener.SafeHandle.DangerousGetHandle(), ownsDescriptor: false);
        await using TestServer server = TestServer.Echo(o => o.EndPoint = endPoint);

        listener.Shutdown(SocketShutdown.Both);

        var broken = await Assert.ThrowsAsync<SocketException>(() => server.Server.Completion.Bounded());
        Assert.Equal(SocketError.InvalidArgument, broken.SocketErrorCode);
        listener.Dispose();
        await Assert.ThrowsAsync<SocketException>(() => TestClient.ConnectAsync(server.EndPoint));
    }

    [Fact]
    public void A_descriptor_that_is_no_listener_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Descriptors are a matter of POSIX systems.");
        var unknown = new DescriptorEndPoint(int.MaxValue, ownsDescriptor: false);
        Assert.Equal("descriptor 2147483647", unknown.ToString());
        Assert.Throws<SocketException>(() => TestServer.Echo(o => o.EndPoint = unknown));
    }

    [Fact]
    public void An_endpoint_of_an_unknown_kind_is_refused_by_its_name()
    {
        var refused = Assert.Throws<NotSupportedException>(
            () => TestServer.Echo(o => o.EndPoint = new DnsEndPoint("localhost", 0)));
        Assert.Contains(nameof(DnsEndPoint), refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Accepted_sockets_inherit_TCP_NODELAY(bool noDelay)
    {
        bool? seen = null;
        var handler = new ScriptedHandler { Opened = connection => seen = ReadNoDelay(HandleOf(connection)) };
        await using TestServer server = TestServer.Scripted(handler, o => o.NoDelay = noDelay);
        using TestClient client = await server.ConnectAsync();
        await server.Journal.WaitOpenedAsync();
        await server.ReadAsync(() => 0);
        Assert.Equal(noDelay, seen);

        static bool ReadNoDelay(SocketHandle handle)
        {
            Socket socket = handle.Socket ?? new Socket(new SafeSocketHandle(handle.Descriptor, ownsHandle: false));
            return socket.NoDelay;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_socket")]
    private static extern ref SocketHandle HandleOf(Connection connection);
}
