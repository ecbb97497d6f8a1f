using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Penstock.Http.Tests.Live;

/// <summary>A socket that says exactly what it is told to.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public RawClient(int port) => _socket.Connect(IPAddress.Loopback, port);

    public async Task SendAsync(string text) => await SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
            sent += await _socket.SendAsync(bytes.AsMemory(sent), LiveServer.Patience);
    }

    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Reads until what came ends with a text.</summary>
    public async Task ReadUntilAsync(string end)
    {
        var text = new StringBuilder();
        byte[] buffer = new byte[64 * 1024];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            int count = await _socket.ReceiveAsync(buffer, LiveServer.Patience);
            Assert.True(count > 0, $"The connection ended behind: {text}");
            text.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }
    }

    public async Task<string> ReadToEndAsync()
    {
        var text = new StringBuilder();
        byte[] buffer = new byte[64 * 1024];
        for (int count; (count = await _socket.ReceiveAsync(buffer, LiveServer.Patience)) > 0;)
            text.Append(Encoding.Latin1.GetString(buffer, 0, count));
        return text.ToString();
    }

    public void Reset() => _socket.Close(timeout: 0);

    public void Dispose() => _socket.Dispose();
}
