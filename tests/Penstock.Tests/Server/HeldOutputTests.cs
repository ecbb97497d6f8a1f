using System.Net.Sockets;
using System.Text;

namespace Penstock.Tests.Server;

/// <summary>Output that is held leaves when it is released, in order, and not before.</summary>
public sealed class HeldOutputTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Held_output_leaves_at_the_last_release_and_in_order()
    {
        TestIo.SkipIfOneAtATime();
        var handler = new HoldingHandler();
        await using TcpServer server = Start(handler);
        using Socket held = await ConnectAsync(server);
        using Socket other = await ConnectAsync(server);
        await held.SendAsync("hold"u8.ToArray(), Cancellation);
        await handler.Held.Task.WaitAsync(Cancellation);

        // What another connection is answered has passed several turns; nothing came of the held one meanwhile.
        await AssertEchoAsync(other, "a");
        Assert.Equal(0, held.Available);
        Release(server, handler);
        await AssertEchoAsync(other, "b");
        Assert.Equal(0, held.Available);
        Release(server, handler);
        Assert.Equal("hold!", await ReceiveAsync(held, 5));
        await AssertEchoAsync(held, "again");
    }

    [Fact]
    public async Task A_connection_that_closes_while_held_still_sends_what_was_staged()
    {
        var handler = new HoldingHandler();
        await using TcpServer server = Start(handler);
        using Socket held = await ConnectAsync(server);
        await held.SendAsync("hold"u8.ToArray(), Cancellation);
        await handler.Held.Task.WaitAsync(Cancellation);
        server.Group.Post(handler.HeldId, connection => connection.Close());
        Release(server, handler);
        Release(server, handler);
        Assert.Equal("hold!", await ReceiveAsync(held, 6));
    }

    [Fact]
    public async Task Releasing_what_is_not_held_is_refused()
    {
        var handler = new HoldingHandler();
        await using TcpServer server = Start(handler);
        using Socket client = await ConnectAsync(server);
        await client.SendAsync("hold"u8.ToArray(), Cancellation);
        await handler.Held.Task.WaitAsync(Cancellation);
        Release(server, handler);
        Release(server, handler);
        var third = new TaskCompletionSource<Exception?>();
        server.Group.Post(handler.HeldId, connection => third.SetResult(Record.Exception(connection.ReleaseOutput)));
        Assert.IsType<InvalidOperationException>(await third.Task.WaitAsync(Cancellation));
    }

    private static TcpServer Start(HoldingHandler handler)
    {
        var options = new ServerOptions { MaxConnections = 64 };
        TestIo.Apply(options.Loops);
        return TcpServer.Start(options, _ => handler);
    }

    private static void Release(TcpServer server, HoldingHandler handler) =>
        server.Group.Post(handler.HeldId, connection => connection.ReleaseOutput());

    private static async Task<Socket> ConnectAsync(TcpServer server)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.EndPoint, Cancellation);
        return socket;
    }

    private static async Task AssertEchoAsync(Socket socket, string text)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes(text), Cancellation);
        Assert.Equal(text, await ReceiveAsync(socket, text.Length));
    }

    /// <summary>So many bytes, or fewer when the peer finished first.</summary>
    private static async Task<string> ReceiveAsync(Socket socket, int count)
    {
        byte[] buffer = new byte[count];
        int length = 0;
        while (length < count
            && await socket.ReceiveAsync(buffer.AsMemory(length), Cancellation) is var received and > 0)
        {
            length += received;
        }
        return Encoding.ASCII.GetString(buffer, 0, length);
    }

    /// <summary>Echoes; what says "hold" is held twice, and more is written after that.</summary>
    private sealed class HoldingHandler : ConnectionHandler
    {
        public TaskCompletionSource Held { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConnectionId HeldId { get; private set; }

        public override int OnReceived(Connection connection, ReadOnlySpan<byte> data)
        {
            connection.Send(data);
            if (!data.SequenceEqual("hold"u8))
                return data.Length;
            connection.HoldOutput();
            connection.HoldOutput();
            connection.Send("!"u8);
            HeldId = connection.Id;
            Held.SetResult();
            return data.Length;
        }
    }
}
