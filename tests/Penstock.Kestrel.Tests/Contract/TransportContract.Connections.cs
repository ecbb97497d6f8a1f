using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Penstock.Kestrel.Tests;

public abstract partial class TransportContract
{
    [Fact]
    public async Task A_connection_has_the_features_that_Kestrel_and_its_users_read()
    {
        TaskCompletionSource<string> seen = NewSignal<string>();
        await using TestServer server = await ServeAsync(connection =>
        {
            IFeatureCollection features = connection.Features;
            var checks = new (string, bool)[]
            {
                ("id", features.Get<IConnectionIdFeature>()!.ConnectionId == connection.ConnectionId),
                ("transport", features.Get<IConnectionTransportFeature>()!.Transport == connection.Transport),
                ("items", ReferenceEquals(features.Get<IConnectionItemsFeature>()!.Items, connection.Items)),
                ("pool", features.Get<IMemoryPoolFeature>()!.MemoryPool.MaxBufferSize >= 4_096),
                ("lifetime", features.Get<IConnectionLifetimeFeature>()!.ConnectionClosed.CanBeCanceled),
                ("endpoint", features.Get<IConnectionEndPointFeature>()?.RemoteEndPoint == connection.RemoteEndPoint),
                ("socket", features.Get<IConnectionSocketFeature>()!.Socket.NoDelay),
                ("enumeration", features.Select(feature => feature.Key).Contains(typeof(IConnectionIdFeature))),
            };
            seen.SetResult(string.Join(' ', checks.Where(check => !check.Item2).Select(check => check.Item1)));
            return Task.CompletedTask;
        });
        using RawClient client = await server.ConnectAsync();

        // The stock transport leaves the endpoint feature to those who set it.
        Assert.Equal(Kind == TransportKind.Stock ? "endpoint" : "", await seen.Task.Within());
    }

    [Fact]
    public async Task The_sockets_feature_is_the_connections_socket_and_ends_with_it()
    {
        Socket? socket = null;
        await using TestServer server = await ServeAsync(connection =>
        {
            socket = connection.Features.Get<IConnectionSocketFeature>()!.Socket;
            Assert.Equal(connection.RemoteEndPoint, socket.RemoteEndPoint);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            return Task.CompletedTask;
        });
        using RawClient client = await server.ConnectAsync();

        Assert.Equal("", await client.ReadToEndAsync());
        client.Dispose();
        await Deadline.Until(() => socket!.SafeHandle.IsClosed, "the socket is closed");
    }

    [Fact]
    public async Task Addresses_are_those_of_the_two_ends()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, context => context.Response.WriteAsync(
            $"{context.Connection.LocalIpAddress}:{context.Connection.LocalPort} "
            + $"{context.Connection.RemoteIpAddress}:{context.Connection.RemotePort}",
            Canceled));
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        Assert.Contains($"{client.Socket.RemoteEndPoint} {client.Socket.LocalEndPoint}", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Middleware_of_the_connection_sees_and_changes_its_bytes()
    {
        await using TestServer server = await TestServer.StartAsync(
            Kind,
            DescribeAsync,
            listen: options => options.Use(next => async connection =>
            {
                IDuplexPipe transport = connection.Transport;
                connection.Transport = new UpperCasePipe(transport);
                try
                {
                    await next(connection);
                }
                finally
                {
                    connection.Transport = transport;
                }
            }));
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("get /quiet http/1.1\r\nhost: a\r\n\r\n");

        Assert.EndsWith("GET /QUIET 0", await client.ReadResponseAsync());
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(1_000, 10)]
    [InlineData(100_000, 20)]
    public async Task A_connection_handler_echoes(int size, int times)
    {
        await using TestServer server = await ServeAsync(EchoAsync);
        using RawClient client = await server.ConnectAsync();
        byte[] message = new byte[size];
        Pattern.Fill(message, 0);
        string expected = Encoding.Latin1.GetString(message);

        for (int i = 0; i < times; i++)
        {
            await client.SendAsync(message);
            Assert.Equal(expected, await client.ReadAsync(size));
        }

        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_message_larger_than_the_buffer_is_read_whole()
    {
        const int Length = 300_000;
        TaskCompletionSource<long> examined = NewSignal<long>(), atLeast = NewSignal<long>();
        await using TestServer server = await TestServer.StartAsync(
            Kind,
            listen: options => options.Run(async connection =>
            {
                PipeReader input = connection.Transport.Input;
                ReadResult read = await input.ReadAsync(Canceled);
                while (read.Buffer.Length < Length)
                {
                    input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                    read = await input.ReadAsync(Canceled);
                }

                examined.SetResult(read.Buffer.Length);
                input.AdvanceTo(read.Buffer.GetPosition(Length));
                await connection.Transport.Output.WriteAsync("more"u8.ToArray(), Canceled);
                read = await input.ReadAtLeastAsync(Length, Canceled);
                atLeast.SetResult(read.Buffer.Length);
                input.AdvanceTo(read.Buffer.End);
            }),
            maxReadBuffer: 1_024);
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync(new byte[Length]);
        Assert.Equal(Length, await examined.Task.Within());
        await client.ReadAsync(4);
        await client.SendAsync(new byte[Length]);
        Assert.Equal(Length, await atLeast.Task.Within());
    }

    [Fact]
    public async Task More_connections_than_allowed_are_closed()
    {
        await using TestServer server = await TestServer.StartAsync(
            Kind, listen: options => options.Run(EchoAsync), configure: builder => LimitConnections(builder, 2));
        using RawClient first = await server.ConnectAsync(), second = await server.ConnectAsync();
        await first.SendAsync("1");
        await first.ReadAsync(1);
        await second.SendAsync("2");
        await second.ReadAsync(1);

        Assert.False(IsServed(server));
        first.Dispose();

        await Deadline.Until(() => IsServed(server), "a freed place is used");
        await second.SendAsync("3");
        Assert.Equal("3", await second.ReadAsync(1));
    }

    private static async Task EchoAsync(ConnectionContext connection)
    {
        while (true)
        {
            ReadResult read = await connection.Transport.Input.ReadAsync(Canceled);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
                connection.Transport.Output.Write(segment.Span);
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            FlushResult flush = await connection.Transport.Output.FlushAsync(Canceled);
            if (read.IsCompleted || flush.IsCompleted)
                return;
        }
    }

    private static bool IsServed(TestServer server)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.ReceiveTimeout = 1_000;
        try
        {
            socket.Connect(server.EndPoint);
            socket.Send("x"u8);
            return socket.Receive(new byte[1]) == 1;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
