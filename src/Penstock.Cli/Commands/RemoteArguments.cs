using System.CommandLine;
using System.Net;

namespace Penstock.Cli.Commands;

/// <summary>The options of every command that is a client: where its server is.</summary>
internal sealed class RemoteArguments(int defaultPort)
{
    private readonly Option<IPAddress> _host = Options.Address("--host", "The server's address.");

    private readonly Option<int> _port = Options.Number(
        "--port", "The server's port.", defaultPort, minimum: 1, maximum: IPEndPoint.MaxPort);

    public void AddTo(Command command)
    {
        command.Options.Add(_host);
        command.Options.Add(_port);
    }

    public IPEndPoint Read(ParseResult parsed) => new(parsed.GetValue(_host)!, parsed.GetValue(_port));
}
