// An echo server as .NET programs usually write it: a task for each connection that awaits ReceiveAsync and SendAsync.
// It does not look at frames, which makes it a little faster than one that does. Prints its address.
// usage: socket-echo [PORT]
using System.Globalization;
using System.Net;
using System.Net.Sockets;

int port = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 0;
using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
listener.Listen(4096);
Console.WriteLine($"Socket.ReceiveAsync on {listener.LocalEndPoint}");
while (true)
    _ = EchoAsync(await listener.AcceptAsync());

static async Task EchoAsync(Socket socket)
{
    using Socket connection = socket;
    connection.NoDelay = true;
    byte[] buffer = new byte[64 * 1024];
    try
    {
        for (int count; (count = await connection.ReceiveAsync(buffer)) > 0;)
        {
            for (int sent = 0; sent < count;)
                sent += await connection.SendAsync(buffer.AsMemory(sent, count - sent));
        }
    }
    catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
    {
        // A client that leaves with replies on their way ends its connection like this, and nothing else.
    }
}
