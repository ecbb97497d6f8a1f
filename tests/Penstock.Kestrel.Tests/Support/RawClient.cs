using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Penstock.Kestrel.Tests;

/// <summary>A client that says exactly what the test says, and sees exactly what comes back.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly byte[] _chunk = new byte[16 * 1024];
    private readonly MemoryStream _received = new();
    private int _read;

    private RawClient(Socket socket) => Socket = socket;

    public Socket Socket { get; }

    public static async Task<RawClient> ConnectAsync(EndPoint endPoint)
    {
        var socket = endPoint.AddressFamily == AddressFamily.Unix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endPoint, TestContext.Current.CancellationToken);
        return new RawClient(socket);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.ASCII.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await Socket.SendAsync(bytes, SocketFlags.None, TestContext.Current.CancellationToken)..];
    }

    /// <summary>Sends until the peer has taken nothing for a while, or the limit is reached; returns how much it took.</summary>
    public async Task<long> SendUntilStalledAsync(Action<Span<byte>, long> fill, long limit)
    {
        byte[] chunk = new byte[64 * 1024];
        long total = 0;
        long lastProgress = Environment.TickCount64;
        Socket.Blocking = false;
        while (total < limit && Environment.TickCount64 - lastProgress < 500)
        {
            fill(chunk, total);
            int sent = Socket.Send(chunk.AsSpan(0, (int)Math.Min(chunk.Length, limit - total)), SocketFlags.None, out SocketError error);
            if (sent > 0)
            {
                total += sent;
                lastProgress = Environment.TickCount64;
                continue;
            }

            Assert.Equal(SocketError.WouldBlock, error);
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        Socket.Blocking = true;
        return total;
    }

    /// <summary>One response with its body, by Content-Length or chunked.</summary>
    public async Task<string> ReadResponseAsync()
    {
        string head = await ReadUntilAsync("\r\n\r\n");
        int length = head.IndexOf("Content-Length:", StringComparison.OrdinalIgnoreCase);
        if (length >= 0)
        {
            string number = head[(length + 15)..].Split('\r')[0];
            return head + await ReadAsync(int.Parse(number, CultureInfo.InvariantCulture));
        }

        bool chunked = head.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase);
        return chunked ? head + await ReadUntilAsync("0\r\n\r\n") : head;
    }

    public async Task<string> ReadUntilAsync(string end)
    {
        while (true)
        {
            string text = Unread();
            int found = text.IndexOf(end, StringComparison.Ordinal);
            if (found >= 0)
                return Take(found + end.Length);
            Assert.True(await ReceiveAsync() > 0, $"The connection ended before '{end}': '{text}'");
        }
    }

    public async Task<string> ReadAsync(int count)
    {
        while (_received.Length - _read < count)
            Assert.True(await ReceiveAsync() > 0, "The connection ended too early.");
        return Take(count);
    }

    /// <summary>Everything up to the peer's FIN; throws when the connection is reset.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await ReceiveAsync() > 0)
        {
        }

        return Take((int)_received.Length - _read);
    }

    /// <summary>Waits until the peer resets the connection, dropping what arrives before.</summary>
    public async Task<SocketError> ReadToErrorAsync()
    {
        try
        {
            while (await ReceiveAsync() > 0)
            {
            }
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode;
        }

        return SocketError.Success;
    }

    /// <summary>Ends the connection with RST.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Dispose();
    }

    public void Dispose() => Socket.Dispose();

    private async Task<int> ReceiveAsync()
    {
        int count = await Socket.ReceiveAsync(_chunk, SocketFlags.None, TestContext.Current.CancellationToken).AsTask().Within();
        _received.Position = _received.Length;
        _received.Write(_chunk, 0, count);
        return count;
    }

    private string Unread() => Encoding.Latin1.GetString(_received.GetBuffer(), _read, (int)_received.Length - _read);

    private string Take(int count)
    {
        string text = Encoding.Latin1.GetString(_received.GetBuffer(), _read, count);
        _read += count;
        return text;
    }
}
