using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Penstock.KeyValue.Tests;

/// <summary>
/// A client of the Redis protocol that shows replies as they came: what is compared is the protocol, not what a library
/// makes of it. Bytes are shown as Latin-1, line ends as <c>|</c>.
/// </summary>
internal sealed class RespClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Socket _socket;
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    private RespClient(Socket socket) => _socket = socket;

    public static async Task<RespClient> ConnectAsync(EndPoint server)
    {
        bool unix = server is UnixDomainSocketEndPoint;
        var socket = unix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, TestContext.Current.CancellationToken);
        return new RespClient(socket);
    }

    public static Task<RespClient> ConnectAsync(KeyValueServer server) => ConnectAsync(server.RespEndPoint!);

    /// <summary>A command as an array of bulk strings.</summary>
    public static byte[] Encode(params string[] words)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{words.Length}\r\n");
        foreach (string word in words)
            text.Append(CultureInfo.InvariantCulture, $"${word.Length}\r\n{word}\r\n");
        return Encoding.Latin1.GetBytes(text.ToString());
    }

    /// <summary>Sends a command and returns its reply.</summary>
    public async Task<string> CallAsync(params string[] words)
    {
        await SendAsync(Encode(words));
        return await ReadAsync();
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using CancellationTokenSource deadline = Deadline();
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket.SendAsync(bytes, deadline.Token)..];
    }

    /// <summary>The next whole reply.</summary>
    public async Task<string> ReadAsync()
    {
        var reply = new StringBuilder();
        await ReadInto(reply);
        return reply.ToString();
    }

    /// <summary>The elements of the next reply, which is an array.</summary>
    public async Task<string[]> ReadElementsAsync()
    {
        string head = await ReadLineAsync();
        var elements = new string[int.Parse(head[1..], CultureInfo.InvariantCulture)];
        for (int i = 0; i < elements.Length; i++)
            elements[i] = await ReadAsync();
        return elements;
    }

    public EndPoint LocalEndPoint => _socket.LocalEndPoint!;

    /// <summary>Everything that comes until the server ends the connection.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await FillAsync())
        {
        }

        return Encoding.Latin1.GetString(_buffer, _start, _end - _start);
    }

    /// <summary>Whether the server ends the connection before it says anything more.</summary>
    public async Task<bool> EndsAsync()
    {
        try
        {
            return _start == _end && !await FillAsync();
        }
        catch (SocketException)
        {
            return true;
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task ReadInto(StringBuilder reply)
    {
        string line = await ReadLineAsync();
        reply.Append(line).Append('|');
        if (!"$=*%~>".Contains(line[0]))
            return;
        int count = int.Parse(line[1..], CultureInfo.InvariantCulture);
        if (line[0] is '$' or '=')
        {
            if (count >= 0)
                reply.Append(await ReadBytesAsync(count)).Append('|');
            return;
        }

        for (int i = 0; i < (line[0] == '%' ? count * 2 : count); i++)
            await ReadInto(reply);
    }

    private async Task<string> ReadLineAsync()
    {
        int length;
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0)
            Assert.True(await FillAsync(), "The server ended the connection.");
        string line = Encoding.Latin1.GetString(_buffer, _start, length);
        _start += length + 2;
        return line;
    }

    private async Task<string> ReadBytesAsync(int count)
    {
        while (_end - _start < count + 2)
            Assert.True(await FillAsync(), "The server ended the connection.");
        string text = Encoding.Latin1.GetString(_buffer, _start, count);
        _start += count + 2;
        return text;
    }

    private async Task<bool> FillAsync()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _end * 2);
        using CancellationTokenSource deadline = Deadline();
        int count = await _socket.ReceiveAsync(_buffer.AsMemory(_end), deadline.Token);
        _end += count;
        return count > 0;
    }

    private static CancellationTokenSource Deadline()
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        source.CancelAfter(Patience);
        return source;
    }
}
