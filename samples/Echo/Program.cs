using System.Net;
using Penstock;
using Penstock.Framing;

var options = new ServerOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 5882) };
await using TcpServer server = TcpServer.Start(options, _ => new Echo());
Console.WriteLine($"listening on {server.EndPoint} ({server.Description})");
await server.Completion;

internal sealed class Echo : FrameHandler<LengthPrefixDecoder>
{
    protected override void OnFrame(Connection connection, ReadOnlySpan<byte> frame) =>
        LengthPrefix.Write(connection, frame);
}
