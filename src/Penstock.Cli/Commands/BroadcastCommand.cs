using System.CommandLine;
using Penstock.Broadcast;

namespace Penstock.Cli.Commands;

/// <summary><c>penstock serve broadcast</c>: what one client sends reaches every client.</summary>
internal static class BroadcastCommand
{
    public const int DefaultPort = 5883;
    private const int DefaultMaxMessageBytes = 1024 * 1024;

    public static Command Create()
    {
        var arguments = new ServerArguments(
            DefaultPort, DefaultMaxMessageBytes, ConnectionOptions.LargestMessageBytes, TimeSpan.FromSeconds(60));
        Option<Choice<BroadcastFraming>> framing = FramingNames.CreateOption();
        Option<Choice<SlowConsumerPolicy>> slowConsumer = Options.Choice(
            "--slow-consumer",
            "What happens when a client does not keep up: everybody waits for it, it misses the oldest messages, or it "
            + "is disconnected.",
            SlowConsumerNames,
            SlowConsumerPolicy.Wait);
        var command = new Command("broadcast", "Sends what any client says to every client, the sender included.");
        arguments.AddTo(command);
        command.Options.Add(framing);
        command.Options.Add(slowConsumer);
        command.SetAction((parsed, _) =>
        {
            ServerOptions options = arguments.Read(parsed);
            options.SlowConsumer = parsed.GetValue(slowConsumer).Value;
            BroadcastFraming chosen = parsed.GetValue(framing).Value;
            return ServerRunner.RunAsync("broadcast", options, o => BroadcastServer.Start(o, chosen));
        });
        return command;
    }

    private static readonly IReadOnlyDictionary<string, SlowConsumerPolicy> SlowConsumerNames =
        new Dictionary<string, SlowConsumerPolicy>
        {
            ["wait"] = SlowConsumerPolicy.Wait,
            ["drop-oldest"] = SlowConsumerPolicy.DropOldest,
            ["disconnect"] = SlowConsumerPolicy.Disconnect,
        };
}
