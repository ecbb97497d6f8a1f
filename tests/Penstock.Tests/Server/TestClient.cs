using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Penstock.Tests.Server;

/// <summary>The other end: a plain .NET socket, with every wait bounded.</summary>
internal sealed class TestClient : IDisposable
{
    /// <summary>The clients of each server, for the model that serves one of them at a time.</summary>
    private static readonly HashSet<string> Connected = [];

    private readonly CancellationTokenSource _deadline = Patience.Deadline();
    private string? _server;

    private TestClient(Socket socket) => Socket = socket;

    public Socket Socket { get; }

    public static async Task<TestClient> ConnectAsync(EndPoint endPoint, Action<Socket>? configure = null)
    {
        SkipIfServedOneAtATime(endPoint);
        ProtocolType protocol = endPoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified;
        var client = new TestClient(new Socket(endPoint.AddressFamily, SocketType.Stream, protocol));
        try
        {
            configure?.Invoke(client.Socket);
            await client.Socket.ConnectAsync(endPoint, client._deadline.Token);
            client._server = endPoint.ToString();
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A single-threaded blocking server leaves the second client in the backlog while the first one stays.
    /// </summary>
    private static void SkipIfServedOneAtATime(EndPoint server)
    {
        if (TestIo.Mechanism != IoMechanism.Blocking)
            return;
        lock (Connected)
            Assert.SkipUnless(Connected.Add(server.ToString()!), "One client at a time in this model.");
    }

    /// <summary>A frame as it is on the wire.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[sizeof(uint) + payload.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)payload.Length);
        payload.CopyTo(frame.AsSpan(sizeof(uint)));
        return frame;
    }

    public static byte[] Frame(string payload) => Frame(Encoding.UTF8.GetBytes(payload));

    /// <summary>Bytes that are different at every place a mistake could move them to.</summary>
    public static byte[] Pattern(int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)((i * 31) ^ (i >> 8) ^ (i >> 16));
        return bytes;
    }

    /// <summary>Sends all of it.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await Socket.SendAsync(bytes, _deadline.Token)..];
    }

    public Task SendAsync(byte[] bytes) => SendAsync(bytes.AsMemory());

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public Task SendFrameAsync(string payload) => SendAsync(Frame(payload));

    /// <summary>What is there, at least one byte; none means that the server finished.</summary>
    public async Task<byte[]> ReceiveAsync(int most = 64 * 1024)
    {
        byte[] buffer = new byte[most];
        int count = await Socket.ReceiveAsync(buffer, _deadline.Token);
        return buffer[..count];
    }

    public async Task<byte[]> ReceiveExactlyAsync(int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length;)
        {
            int count = await Socket.ReceiveAsync(bytes.AsMemory(i), _deadline.Token);
            Assert.True(count > 0, $"the server finished after {i} of {length} bytes");
            i += count;
        }

        return bytes;
    }

    public async Task<string> ReceiveTextAsync(int length) =>
        Encoding.UTF8.GetString(await ReceiveExactlyAsync(length));

    public async Task<byte[]> ReceiveFrameAsync()
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(await ReceiveExactlyAsync(sizeof(uint)));
        return await ReceiveExactlyAsync((int)length);
    }

    /// <summary>Sends a frame and expects the same one back.</summary>
    public async Task ExchangeAsync(string payload = "hello")
    {
        await SendFrameAsync(payload);
        Assert.Equal(payload, Encoding.UTF8.GetString(await ReceiveFrameAsync()));
    }

    /// <summary>Everything up to the server's FIN.</summary>
    public async Task<byte[]> ReceiveToEndAsync()
    {
        List<byte> all = [];
        while (await ReceiveAsync() is { Length: > 0 } bytes)
            all.AddRange(bytes);
        return [.. all];
    }

    /// <summary>The server finished, in order.</summary>
    public async Task ExpectEndAsync() => Assert.Empty(await ReceiveAsync());

    /// <summary>The connection was reset; what was still on its way may come first.</summary>
    public async Task ExpectResetAsync()
    {
        var reset = await Assert.ThrowsAsync<SocketException>(ReceiveToEndAsync);
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    /// <summary>
    /// Whoever connects is reset. That may come before this side has noticed that it is connected, and then connecting
    /// fails with it.
    /// </summary>
    public static async Task ExpectResetAsync(EndPoint endPoint)
    {
        var reset = await Assert.ThrowsAsync<SocketException>(ConnectAndReadAsync);
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);

        async Task ConnectAndReadAsync()
        {
            using TestClient client = await ConnectAsync(endPoint);
            await client.ReceiveToEndAsync();
        }
    }

    /// <summary>The connection ended, by FIN or by reset.</summary>
    public async Task ExpectGoneAsync()
    {
        try
        {
            await ReceiveToEndAsync();
        }
        catch (SocketException gone)
        {
            Assert.Equal(SocketError.ConnectionReset, gone.SocketErrorCode);
        }
    }

    /// <summary>Nothing has arrived, and the connection stands.</summary>
    public void ExpectSilence()
    {
        Assert.False(Socket.Poll(TimeSpan.Zero, SelectMode.SelectRead), "nothing should have arrived");
    }

    public void FinishSending() => Socket.Shutdown(SocketShutdown.Send);

    /// <summary>Closes with RST.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Dispose();
    }

    public void Dispose()
    {
        if (_server is not null)
        {
            lock (Connected)
                Connected.Remove(_server);
        }

        Socket.Dispose();
        _deadline.Dispose();
    }
}
