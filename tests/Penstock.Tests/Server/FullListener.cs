using System.Net;
using System.Net.Sockets;

namespace Penstock.Tests.Server;

/// <summary>
/// A listener whose backlog is full: Linux drops further handshakes, so connecting to it takes for ever.
/// </summary>
internal sealed class FullListener : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _fillers = [];

    public FullListener()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(0);

        // A backlog of 0 holds one connection, or two, by kernel version; the last of these is never answered.
        for (int i = 0; i < 3; i++)
        {
            var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _fillers.Add(filler);
            filler.Blocking = false;
            try
            {
                filler.Connect(EndPoint);
            }
            catch (SocketException pending) when (pending.SocketErrorCode == SocketError.WouldBlock)
            {
                continue;
            }
        }
    }

    public EndPoint EndPoint => _listener.LocalEndPoint!;

    public void Dispose()
    {
        _listener.Dispose();
        _fillers.ForEach(filler => filler.Dispose());
    }
}
