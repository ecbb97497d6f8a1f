using System.CommandLine;
using System.Net;

namespace Penstock.Cli.Commands;

/// <summary>The options of every command that is a client: where its server is.</summary>
internal sealed class RemoteArguments(int defaultPort)
{
    private readonly Option<IPAddress> _host = new("--host")
    {
        Description = "The server's address.",
        DefaultValueFactory = _ => IPAddress.Loopback,
        CustomParser = Parsing.Address,
        HelpName = "ADDRESS",
    };

    private readonly Option<int> _port = Parsing.Number(
        "--port", "The server's port.", defaultPort, minimum: 1, maximum: IPEndPoint.MaxPort);

    public void AddTo(Command command)
    {
        command.Options.Add(_host);
        command.Options.Add(_port);
    }

    public IPEndPoint Read(ParseResult parsed) => new(parsed.GetValue(_host)!, parsed.GetValue(_port));
}
