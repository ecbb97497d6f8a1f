using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace Penstock.Kestrel.Tests;

public abstract partial class TransportContract
{
    [Fact]
    public async Task Port_0_becomes_a_real_port()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, DescribeAsync);

        Assert.NotEqual(0, server.Port);
    }

    [Fact]
    public async Task An_address_in_use_is_an_IOException_that_says_so()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, DescribeAsync);

        IOException failure = await Assert.ThrowsAsync<IOException>(() => TestServer.StartAsync(
            Kind, DescribeAsync, kestrel: options => options.Listen(IPAddress.Loopback, server.Port)));

        Assert.IsType<AddressInUseException>(failure.InnerException);
    }

    [Fact]
    public async Task A_Unix_domain_socket_is_served_and_its_file_removed()
    {
        string path = Path.Combine(Path.GetTempPath(), $"penstock-{Guid.NewGuid():N}.sock");
        await using (TestServer server = await TestServer.StartAsync(
            Kind, DescribeAsync, kestrel: options => options.ListenUnixSocket(path)))
        {
            using RawClient client = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path));
            await client.SendAsync("GET /unix HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.EndsWith("GET /unix 0", await client.ReadResponseAsync());
        }

        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task An_IPv6_address_is_served()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "This machine has no IPv6.");
        await using TestServer server = await TestServer.StartAsync(
            Kind, DescribeAsync, kestrel: options => options.Listen(IPAddress.IPv6Loopback, 0));
        using RawClient client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.IPv6Loopback, server.Port));

        await client.SendAsync("GET /six HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.EndsWith("GET /six 0", await client.ReadResponseAsync());
    }

    [Fact]
    public async Task Any_address_takes_both_families()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "This machine has no IPv6.");
        await using TestServer server = await TestServer.StartAsync(
            Kind,
            context => context.Response.WriteAsync($"{context.Connection.RemoteIpAddress}\n", Canceled),
            kestrel: options => options.ListenAnyIP(0));
        int port = new Uri(server.Address.Replace("[::]", "127.0.0.1", StringComparison.Ordinal)).Port;
        using RawClient four = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        using RawClient six = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.IPv6Loopback, port));

        await four.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        await six.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        Assert.Contains("::ffff:127.0.0.1\n", await four.ReadToEndAsync());
        Assert.Contains("::1\n", await six.ReadToEndAsync());
    }

    [Fact]
    public async Task A_listening_descriptor_is_served_and_stays_its_owners()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using (await TestServer.StartAsync(
            Kind, DescribeAsync, kestrel: options => options.ListenHandle((ulong)listener.Handle)))
        {
            using RawClient client = await RawClient.ConnectAsync(listener.LocalEndPoint!);
            await client.SendAsync("GET /handle HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.EndsWith("GET /handle 0", await client.ReadResponseAsync());
        }

        Assert.False(listener.SafeHandle.IsClosed);
        Assert.NotNull(listener.LocalEndPoint);
    }

    [Fact]
    public async Task Several_endpoints_are_served_side_by_side()
    {
        await using TestServer server = await TestServer.StartAsync(
            Kind,
            context => context.Response.WriteAsync($"{context.Connection.LocalPort}", Canceled),
            kestrel: options =>
            {
                options.Listen(IPAddress.Loopback, 0);
                options.Listen(IPAddress.Loopback, 0);
            });
        using var client = new HttpClient();

        foreach (string address in server.Addresses)
            Assert.Equal($"{new Uri(address).Port}", await client.GetStringAsync(address, Canceled));
        Assert.Equal(2, server.Addresses.Count);
    }
}
