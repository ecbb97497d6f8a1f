using System.CommandLine;
using System.Net;
using Penstock.Broadcast;

namespace Penstock.Cli.Commands;

/// <summary>The options of the commands that are clients of a broadcast server.</summary>
internal sealed class ClientArguments
{
    private readonly Option<IPAddress> _host = new("--host")
    {
        Description = "The server's address.",
        DefaultValueFactory = _ => IPAddress.Loopback,
        CustomParser = Parsing.Address,
        HelpName = "ADDRESS",
    };

    private readonly Option<int> _port = Parsing.Number(
        "--port", "The server's port.", BroadcastCommand.DefaultPort, minimum: 1, maximum: IPEndPoint.MaxPort);

    private readonly Option<BroadcastFraming> _framing = FramingNames.CreateOption();

    public void AddTo(Command command)
    {
        command.Options.Add(_host);
        command.Options.Add(_port);
        command.Options.Add(_framing);
    }

    public (IPEndPoint Server, BroadcastFraming Framing) Read(ParseResult parsed) =>
        (new IPEndPoint(parsed.GetValue(_host)!, parsed.GetValue(_port)), parsed.GetValue(_framing));
}
