using System.CommandLine;

namespace Penstock.Cli.Commands;

/// <summary><c>penstock send</c>: says the lines of standard input to a broadcast server.</summary>
internal static class SendCommand
{
    public static Command Create()
    {
        var arguments = new ClientArguments();
        var command = new Command("send", "Sends the lines of standard input to a broadcast server.");
        arguments.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            (System.Net.IPEndPoint server, Broadcast.BroadcastFraming framing) = arguments.Read(parsed);
            return BroadcastClient.RunAsync(server, client => client.SendLinesAsync(Console.In, framing, cancellation), cancellation);
        });
        return command;
    }
}
