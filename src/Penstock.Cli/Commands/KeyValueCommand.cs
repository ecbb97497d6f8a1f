using System.CommandLine;
using System.Net;
using Penstock.KeyValue;

namespace Penstock.Cli.Commands;

/// <summary><c>penstock serve kv</c>: the key-value server, with both of its protocols.</summary>
internal static class KeyValueCommand
{
    public const int DefaultPort = 5884;
    private const int DefaultRespPort = 6380;
    private const int DefaultMaxMessageBytes = 64 * 1024 * 1024;

    public static Command Create()
    {
        // Clients of both protocols keep connections open and silent, and expect them to stay.
        var server = new ServerArguments(
            DefaultPort, DefaultMaxMessageBytes, ConnectionOptions.LargestMessageBytes, Timeout.InfiniteTimeSpan);
        var store = new KeyValueArguments(DefaultRespPort);
        var command = new Command("kv", "A key-value store for clients of the Redis protocol and of the protobuf one.");
        server.AddTo(command);
        store.AddTo(command, server);
        command.SetAction((parsed, _) => RunAsync(store.Read(parsed, server)));
        return command;
    }

    private static Task<int> RunAsync(KeyValueOptions? options)
    {
        if (options is null)
            return Task.FromResult(ExitCode.Failure);
        return ServerRunner.RunAsync(options.Resp!.EndPoint, () =>
        {
            KeyValueServer server = KeyValueServer.Start(options);
            ServerRunner.WarnOfBurning(options.Loops);
            Task ended = Task.WhenAny(server.Completion, server.ShutdownRequested).Unwrap();
            return new ForegroundServer([.. Banner(server, options)], ended, server.StopAsync);
        });
    }

    private static IEnumerable<string> Banner(KeyValueServer server, KeyValueOptions options)
    {
        string storage = options.DataDirectory is { } directory ? $"in {directory}" : "in memory";
        if (server.EndPoint is { } protobuf)
            yield return Line(protobuf, "protobuf");
        if (server.RespEndPoint is { } resp)
            yield return Line(resp, "Redis protocol");

        string Line(EndPoint listener, string protocol) =>
            $"kv listening on {ServerRunner.Describe(listener)} ({server.Description}; {protocol}; {storage})";
    }
}
