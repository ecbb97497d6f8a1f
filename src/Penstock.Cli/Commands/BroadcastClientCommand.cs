using System.CommandLine;
using Penstock.Broadcast;

namespace Penstock.Cli.Commands;

/// <summary><c>penstock send</c> and <c>penstock listen</c>: clients of a broadcast server.</summary>
internal static class BroadcastClientCommand
{
    /// <summary>What a client does once it is connected.</summary>
    private delegate Task Work(BroadcastClient client, BroadcastFraming framing, CancellationToken cancellation);

    public static Command CreateSend() => Create(
        "send",
        "Sends the lines of standard input to a broadcast server.",
        (client, framing, cancellation) => client.SendLinesAsync(Console.In, framing, cancellation));

    public static Command CreateListen() => Create(
        "listen",
        "Prints what a broadcast server sends, a line per message, until it ends.",
        (client, framing, cancellation) => client.PrintAsync(Console.Out, framing, cancellation));

    private static Command Create(string name, string description, Work work)
    {
        var remote = new RemoteArguments(BroadcastCommand.DefaultPort);
        Option<Choice<BroadcastFraming>> framing = FramingNames.CreateOption();
        var command = new Command(name, description);
        remote.AddTo(command);
        command.Options.Add(framing);
        command.SetAction((parsed, cancellation) => BroadcastClient.RunAsync(
            remote.Read(parsed), client => work(client, parsed.GetValue(framing).Value, cancellation), cancellation));
        return command;
    }
}
