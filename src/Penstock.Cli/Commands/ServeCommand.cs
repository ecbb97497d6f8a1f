using System.CommandLine;

namespace Penstock.Cli.Commands;

/// <summary><c>penstock serve</c>: the servers.</summary>
internal static class ServeCommand
{
    public static Command Create() => new("serve", "Runs a server until it is told to stop.")
    {
        EchoCommand.Create(),
        BroadcastCommand.Create(),
        KeyValueCommand.Create(),
        HttpCommand.Create(),
    };
}
