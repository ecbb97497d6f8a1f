using System.CommandLine;

namespace Penstock.Cli.Commands;

/// <summary><c>penstock serve echo</c>: sends every length-prefixed frame back.</summary>
internal static class EchoCommand
{
    private const int DefaultPort = 5882;
    private const int DefaultMaxMessageBytes = 64 * 1024;

    public static Command Create()
    {
        var arguments = new ServerArguments(
            DefaultPort, DefaultMaxMessageBytes, ConnectionOptions.LargestMessageBytes, TimeSpan.FromSeconds(60));
        var command = new Command(
            "echo", "Sends every frame back: a 32-bit little-endian length, then that many bytes.");
        arguments.AddTo(command);
        command.SetAction((parsed, _) => ServerRunner.RunAsync(
            "echo", arguments.Read(parsed), options => TcpServer.Start(options, _ => new EchoHandler())));
        return command;
    }
}
