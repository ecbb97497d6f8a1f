// The broadcast server that one writes first: the same engine and the same framing, but every message is copied to
// every client, and brought to every loop by an item of its own. What it is slower by is what topics and payloads save.
// usage: naive-broadcast [LOOPS [MECHANISM]]
using System.Globalization;
using Penstock;
using Penstock.Peers.NaiveBroadcast;

int loops = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1;
IoMechanism mechanism = args.Length > 1
    ? Enum.Parse<IoMechanism>(args[1].Replace("_", "").Replace("-", ""), ignoreCase: true)
    : IoMechanism.Auto;
var options = new ServerOptions
{
    IdleTimeout = Timeout.InfiniteTimeSpan,
    FirstMessageTimeout = Timeout.InfiniteTimeSpan,
    Loops = { Count = loops, Io = mechanism },
};
var clients = new Clients();
await using TcpServer server = TcpServer.Start(options, _ => new NaiveHandler(clients));
Console.WriteLine($"naive broadcast listening on {server.EndPoint} ({server.Group.Description})");
await server.Completion;
