using System.CommandLine;

namespace Penstock.Cli.Commands;

/// <summary><c>penstock listen</c>: prints what a broadcast server sends.</summary>
internal static class ListenCommand
{
    public static Command Create()
    {
        var arguments = new ClientArguments();
        var command = new Command("listen", "Prints what a broadcast server sends, a line per message, until it ends.");
        arguments.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            (System.Net.IPEndPoint server, Broadcast.BroadcastFraming framing) = arguments.Read(parsed);
            return BroadcastClient.RunAsync(server, client => client.PrintAsync(Console.Out, framing, cancellation), cancellation);
        });
        return command;
    }
}
