using System.Net;
using System.Net.Sockets;

namespace Penstock.KeyValue.Tests;

/// <summary>Ports that refuse connections.</summary>
internal static class Ports
{
    /// <summary>
    /// A port that nobody listens on, and nobody else can take while what is returned lives: it is bound, and no more.
    /// </summary>
    public static Socket Hold()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }
}
