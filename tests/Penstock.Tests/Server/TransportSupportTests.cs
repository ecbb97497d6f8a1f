using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Penstock.Tests.Server;

/// <summary>What a transport needs of the engine beyond what servers do.</summary>
public sealed class TransportSupportTests
{
    private static CancellationToken Canceled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bytes_sent_from_another_thread_arrive()
    {
        SkipWithManagedSockets();
        await using Link link = await Link.OpenAsync();

        int sent = await Task.Run(() => link.Socket.TrySend(TwoSegments("direct ", "send")), Canceled);

        Assert.Equal(11, sent);
        Assert.Equal("direct send", await ReadAsync(link.Client, 11));
    }

    [Fact]
    public async Task A_socket_of_a_connection_that_ended_takes_nothing()
    {
        await using Link link = await Link.OpenAsync();

        link.Client.Close(0);
        await link.Handler.Closed.Task.WaitAsync(Canceled);

        Assert.Equal(0, link.Socket.TrySend(TwoSegments("too", "late")));
        Assert.Throws<ObjectDisposedException>(link.Socket.Duplicate);
    }

    [Fact]
    public async Task A_full_kernel_takes_a_part_and_then_nothing()
    {
        SkipWithManagedSockets();
        await using Link link = await Link.OpenAsync();
        var chunk = new ReadOnlySequence<byte>(new byte[1024 * 1024]);

        int last = chunk.First.Length;
        for (int i = 0; i < 1_000 && last > 0; i++)
            last = link.Socket.TrySend(chunk);

        Assert.Equal(0, last);
    }

    [Fact]
    public async Task A_duplicate_outlives_nothing_but_is_the_connections_socket()
    {
        await using Link link = await Link.OpenAsync();

        using Socket duplicate = link.Socket.Duplicate();

        Assert.Equal(link.Client.LocalEndPoint, duplicate.RemoteEndPoint);
    }

    [Fact]
    public async Task A_server_that_stopped_accepting_keeps_its_connections_and_frees_its_address()
    {
        var handler = new Recorder();
        await using TcpServer server = TcpServer.Start(Options(), _ => handler);
        using Socket client = await ConnectAsync(server.EndPoint);
        await handler.Opened.Task.WaitAsync(Canceled);

        await Task.WhenAll(server.StopAcceptingAsync(), server.StopAcceptingAsync());

        await client.SendAsync("still"u8.ToArray(), Canceled);
        Assert.Equal("still", await ReadAsync(client, 5));
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(server.EndPoint));
    }

    [Fact]
    public async Task A_handler_that_asked_to_be_notified_is_received_from_and_told_when_the_queue_is_empty()
    {
        var handler = new Recorder { Reply = new byte[8 * 1024 * 1024] };
        ServerOptions options = Options();
        options.SlowConsumer = SlowConsumerPolicy.Notify;
        options.MaxSendQueueBytes = 1;
        options.ResumeSendQueueBytes = 0;
        await using TcpServer server = TcpServer.Start(options, _ => handler);
        using Socket client = await ConnectAsync(server.EndPoint);
        await handler.Opened.Task.WaitAsync(Canceled);

        // The reply to the first byte fills the queue; the second one is received all the same.
        await client.SendAsync("1"u8.ToArray(), Canceled);
        await handler.Received(1).WaitAsync(Canceled);
        await client.SendAsync("2"u8.ToArray(), Canceled);
        await handler.Received(2).WaitAsync(Canceled);
        Assert.False(handler.Drained.Task.IsCompleted);
        await ReadAsync(client, 2 * handler.Reply.Length);

        Assert.Equal(0, await handler.Drained.Task.WaitAsync(Canceled));
    }

    [Fact]
    public async Task A_handler_that_asked_to_be_notified_of_everything_is_told_of_a_single_byte()
    {
        var handler = new Recorder { Reply = new byte[1] };
        ServerOptions options = Options();
        options.SlowConsumer = SlowConsumerPolicy.Notify;
        options.MaxSendQueueBytes = 0;
        options.ResumeSendQueueBytes = 0;
        await using TcpServer server = TcpServer.Start(options, _ => handler);
        using Socket client = await ConnectAsync(server.EndPoint);

        await client.SendAsync("1"u8.ToArray(), Canceled);

        Assert.Equal(0, await handler.Drained.Task.WaitAsync(Canceled));
    }

    [Fact]
    public async Task A_descriptor_that_is_not_given_away_stays_open()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        ServerOptions options = Options();
        options.EndPoint = new DescriptorEndPoint((int)listener.Handle, ownsDescriptor: false);

        await using (TcpServer server = TcpServer.Start(options, _ => new Recorder()))
            (await ConnectAsync(server.EndPoint)).Dispose();

        Assert.Equal(ProtocolType.Tcp, listener.ProtocolType);
        Assert.Equal(0, (int)listener.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!);
    }

    private static void SkipWithManagedSockets() => Assert.SkipWhen(
        TestIo.Mechanism == IoMechanism.Sockets, "A managed socket is its loop's; other threads' bytes go through it.");

    private static ServerOptions Options()
    {
        var options = new ServerOptions { MaxConnections = 64, ShutdownTimeout = TimeSpan.FromMilliseconds(1) };
        TestIo.Apply(options.Loops);
        return options;
    }

    private static async Task<Socket> ConnectAsync(EndPoint endPoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endPoint, Canceled);
        return socket;
    }

    private static async Task<string> ReadAsync(Socket socket, int count)
    {
        byte[] buffer = new byte[count];
        for (int read = 0; read < count;)
        {
            int more = await socket.ReceiveAsync(buffer.AsMemory(read), Canceled);
            Assert.True(more > 0, "The connection ended too early.");
            read += more;
        }

        return Encoding.ASCII.GetString(buffer);
    }

    private static ReadOnlySequence<byte> TwoSegments(string first, string second)
    {
        var tail = new Segment(Encoding.ASCII.GetBytes(second), first.Length, null);
        var head = new Segment(Encoding.ASCII.GetBytes(first), 0, tail);
        return new ReadOnlySequence<byte>(head, 0, tail, second.Length);
    }

    /// <summary>A server, a client, and the server's socket of their connection.</summary>
    private sealed class Link(TcpServer server, Recorder handler, Socket client, ConnectionSocket socket)
        : IAsyncDisposable
    {
        public Recorder Handler => handler;

        public Socket Client => client;

        public ConnectionSocket Socket => socket;

        public static async Task<Link> OpenAsync()
        {
            var handler = new Recorder();
            TcpServer server = TcpServer.Start(Options(), _ => handler);
            Socket client = await ConnectAsync(server.EndPoint);
            return new Link(server, handler, client, await handler.Opened.Task.WaitAsync(Canceled));
        }

        public async ValueTask DisposeAsync()
        {
            client.Dispose();
            await server.DisposeAsync();
        }
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, long index, Segment? next)
        {
            Memory = bytes;
            RunningIndex = index;
            Next = next;
        }
    }

    /// <summary>Echoes, or replies the same to every byte, and remembers what it was told.</summary>
    private sealed class Recorder : ConnectionHandler
    {
        private readonly TaskCompletionSource[] _received = [New(), New(), New()];
        private int _bytes;

        public byte[]? Reply { get; init; }

        public TaskCompletionSource<ConnectionSocket> Opened { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Closed { get; } = New();

        public TaskCompletionSource<int> Drained { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Received(int bytes) => _received[bytes].Task;

        public override void OnOpened(Connection connection) => Opened.TrySetResult(connection.Socket);

        public override int OnReceived(Connection connection, ReadOnlySpan<byte> data)
        {
            connection.Send(Reply ?? data);
            for (int i = 0; i < data.Length && _bytes + 1 < _received.Length; i++)
                _received[++_bytes].TrySetResult();
            return data.Length;
        }

        public override void OnDrained(Connection connection) => Drained.TrySetResult(connection.UnsentBytes);

        public override void OnClosed(Connection connection, CloseReason reason) => Closed.TrySetResult();

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
