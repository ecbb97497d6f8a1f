using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Penstock.KeyValue.Client;

namespace Penstock.Cli.Commands;

/// <summary><c>penstock kv get</c> and <c>penstock kv put</c>: a client of the protobuf protocol.</summary>
internal static class KeyValueClientCommand
{
    public static Command Create() => new(
        "kv", "Reads and writes keys of a running key-value server; checks and repairs the data of a stopped one.")
    {
        CreateGet(),
        CreatePut(),
        KeyValueStorageCommand.CreateCheck(),
        KeyValueStorageCommand.CreateRepair(),
    };

    private static Command CreateGet()
    {
        var key = new Argument<string>("key");
        var command = new Command("get", "Prints a key's value; fails when the key does not exist.") { key };
        return WithServer(
            command, (parsed, client, cancellation) => GetAsync(client, parsed.GetValue(key)!, cancellation));
    }

    private static Command CreatePut()
    {
        var key = new Argument<string>("key");
        var value = new Argument<string>("value");
        var command = new Command("put", "Gives a key a value.") { key, value };
        return WithServer(command, async (parsed, client, cancellation) =>
        {
            await client.PutAsync(parsed.GetValue(key)!, parsed.GetValue(value)!, cancellation);
            return ExitCode.Success;
        });
    }

    private static Command WithServer(
        Command command, Func<ParseResult, KeyValueClient, CancellationToken, Task<int>> work)
    {
        var remote = new RemoteArguments(KeyValueCommand.DefaultPort);
        remote.AddTo(command);
        command.SetAction((parsed, cancellation) =>
            RunAsync(remote.Read(parsed), client => work(parsed, client, cancellation)));
        return command;
    }

    private static async Task<int> RunAsync(IPEndPoint server, Func<KeyValueClient, Task<int>> work)
    {
        try
        {
            // Somebody waits at a prompt: a server that is not there should be said at once.
            var options = new KeyValueClientOptions { ConnectTimeout = TimeSpan.Zero };
            await using var client = new KeyValueClient(server, options);
            return await work(client);
        }
        catch (Exception exception) when (exception is SocketException or IOException or KeyValueException)
        {
            await Console.Error.WriteLineAsync($"penstock: {server}: {exception.Message}");
            return ExitCode.Failure;
        }
    }

    private static async Task<int> GetAsync(KeyValueClient client, string key, CancellationToken cancellation)
    {
        if (await client.GetAsync(key, cancellation) is not { } value)
        {
            await Console.Error.WriteLineAsync($"penstock: there is no key '{key}'.");
            return ExitCode.Failure;
        }

        Console.WriteLine(value);
        return ExitCode.Success;
    }
}
