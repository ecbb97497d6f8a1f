using System.Buffers;
using System.Net.Sockets;
using System.Text;
using Penstock.Framing;

namespace Penstock.Broadcast.Tests;

/// <summary>One client of a broadcast server, speaking u64 big-endian frames unless told bytes.</summary>
internal sealed class TestClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Socket _socket;
    private byte[] _received = new byte[4096];
    private int _length;

    private TestClient(Socket socket) => _socket = socket;

    /// <summary>Connects a client and waits until the server has taken it in.</summary>
    public static async Task<TestClient> ConnectAsync(TcpServer server, int? receiveBuffer = null)
    {
        TestClient client = await ConnectOnlyAsync(server, receiveBuffer);
        await PassThroughLoopsAsync(server.Group);
        return client;
    }

    /// <summary>As <see cref="ConnectAsync"/>, so many times.</summary>
    public static async Task<TestClient[]> ConnectManyAsync(TcpServer server, int count)
    {
        var clients = new TestClient[count];
        for (int i = 0; i < count; i++)
            clients[i] = await ConnectOnlyAsync(server);
        await PassThroughLoopsAsync(server.Group);
        return clients;
    }

    /// <summary>Connects a client and waits until a loop has counted it.</summary>
    public static async Task<TestClient> ConnectOnlyAsync(TcpServer server, int? receiveBuffer = null)
    {
        long before = Opened(server);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } bytes)
            socket.ReceiveBufferSize = bytes;
        await socket.ConnectAsync(server.EndPoint, TestContext.Current.CancellationToken);
        await Until.TrueAsync(() => Opened(server) > before);
        return new TestClient(socket);
    }

    /// <summary>Connections that their own loops have taken in: the server counts one when it is accepted.</summary>
    private static long Opened(TcpServer server)
    {
        long opened = 0;
        for (int loop = 0; loop < server.Group.Count; loop++)
            opened += server.Group[loop].ReadCounters().AcceptedConnections;
        return opened;
    }

    /// <summary>Whoever was counted in a turn has its handler called by the end of it.</summary>
    private static async Task PassThroughLoopsAsync(LoopGroup group)
    {
        for (int loop = 0; loop < group.Count; loop++)
        {
            var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (group[loop].Post(passed.SetResult))
                await passed.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
    }

    public async Task SendAsync(string message)
    {
        var writer = new ArrayBufferWriter<byte>();
        LengthPrefix.Write(writer, Encoding.UTF8.GetBytes(message), LengthPrefixFormat.UInt64BigEndian);
        await SendBytesAsync(writer.WrittenMemory);
    }

    public async Task SendBytesAsync(ReadOnlyMemory<byte> bytes)
    {
        using CancellationTokenSource deadline = Deadline();
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket.SendAsync(bytes, deadline.Token)..];
    }

    /// <summary>The next message; null when the server ended the connection.</summary>
    public async Task<string?> ReceiveAsync()
    {
        while (true)
        {
            if (TryTake(out string? message))
                return message;
            if (!await FillAsync())
                return null;
        }
    }

    public async Task<List<string>> ReceiveManyAsync(int count)
    {
        var messages = new List<string>(count);
        while (messages.Count < count && await ReceiveAsync() is { } message)
            messages.Add(message);
        return messages;
    }

    /// <summary>Exactly so many bytes, or fewer when the server ended the connection first.</summary>
    public async Task<byte[]> ReceiveBytesAsync(int count)
    {
        while (_length < count && await FillAsync())
        {
        }

        byte[] bytes = _received[..Math.Min(count, _length)];
        Drop(bytes.Length);
        return bytes;
    }

    public void Dispose() => _socket.Dispose();

    private static CancellationTokenSource Deadline()
    {
        var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Patience);
        return deadline;
    }

    private bool TryTake(out string? message)
    {
        message = null;
        var decoder = new LengthPrefixDecoder(LengthPrefixFormat.UInt64BigEndian);
        OperationStatus status =
            decoder.Decode(_received.AsSpan(0, _length), int.MaxValue, out ReadOnlySpan<byte> frame, out int consumed);
        if (status != OperationStatus.Done)
            return false;
        message = Encoding.UTF8.GetString(frame);
        Drop(consumed);
        return true;
    }

    private async Task<bool> FillAsync()
    {
        if (_length == _received.Length)
            Array.Resize(ref _received, _length * 2);
        using CancellationTokenSource deadline = Deadline();
        try
        {
            int count = await _socket.ReceiveAsync(_received.AsMemory(_length), deadline.Token);
            _length += count;
            return count > 0;
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            return false;
        }
    }

    private void Drop(int count)
    {
        _received.AsSpan(count, _length - count).CopyTo(_received);
        _length -= count;
    }
}
