using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net.Sockets;
using Penstock.KeyValue;

namespace Penstock.Cli.Commands;

/// <summary>The options that only <c>penstock serve kv</c> has.</summary>
internal sealed class KeyValueArguments
{
    private static readonly Dictionary<string, SyncPolicy> SyncNames = new()
    {
        ["always"] = SyncPolicy.Always,
        ["everysec"] = SyncPolicy.EverySecond,
        ["no"] = SyncPolicy.Never,
    };

    private static readonly Dictionary<string, MemoryPolicy> PolicyNames = new()
    {
        ["noeviction"] = MemoryPolicy.NoEviction,
        ["allkeys-lru"] = MemoryPolicy.AllKeysLru,
    };

    private readonly Option<int> _respPort;

    private readonly Option<string?> _data = Options.Path(
        "--data", "Directory to keep the data in; without it everything is in memory only.", "DIR");

    private readonly Option<Choice<SyncPolicy>> _fsync = Options.Choice(
        "--fsync",
        "When writes are forced to the disk: before they are acknowledged, every second, or when the system likes.",
        SyncNames,
        SyncPolicy.EverySecond);

    private readonly Option<ByteSize> _maxMemory = Options.Size(
        "--max-memory",
        "The most memory that keys and values may take, as in 512mb; 0 for no limit.",
        value: 0,
        minimum: 0);

    private readonly Option<Choice<MemoryPolicy>> _policy = Options.Choice(
        "--max-memory-policy",
        "What happens then: writes are refused, or keys that were not used for long are removed.",
        PolicyNames,
        MemoryPolicy.NoEviction);

    private readonly Option<string?> _passwordFile = Options.Path(
        "--password-file",
        "File with the password that clients must give. Closes the protobuf port, which cannot carry one.",
        "FILE");

    private readonly Option<bool> _unprotected = new("--unprotected")
    {
        Description = "Let in whoever can connect: "
            + "also other hosts without a password, and protobuf beside a password.",
    };

    private readonly Option<Choice<UnixFileMode>> _unixMode = Options.FileMode(
        "--unix-mode",
        "Permissions of the --unix socket, in octal. That socket then serves the Redis protocol instead of its port.",
        "600");

    public KeyValueArguments(int respPort) =>
        _respPort = Options.Port("--resp-port", "Port of the Redis protocol; 0 picks a free one.", respPort);

    public void AddTo(Command command, ServerArguments server)
    {
        Option[] options =
            [_respPort, _data, _fsync, _maxMemory, _policy, _passwordFile, _unprotected, _unixMode];
        foreach (Option option in options)
            command.Options.Add(option);
        command.Validators.Add(result => Require(result, _fsync, _data));
        command.Validators.Add(result => Require(result, _unixMode, server.Unix));
    }

    /// <summary>The options; null when the password cannot be read, which was said.</summary>
    public KeyValueOptions? Read(ParseResult parsed, ServerArguments server)
    {
        ServerOptions protobuf = server.Read(parsed);
        ServerOptions resp = server.Read(parsed);
        if (resp.EndPoint is UnixDomainSocketEndPoint)
            protobuf.EndPoint = server.ReadTcpEndPoint(parsed);
        else
            resp.EndPoint = server.ReadTcpEndPoint(parsed, parsed.GetValue(_respPort));
        if (!TryReadPassword(parsed, out string? password))
            return null;
        protobuf.Loops.MaxConnectionsPerLoop = protobuf.MaxConnections * 2;
        return new KeyValueOptions
        {
            Protobuf = protobuf,
            Resp = resp,
            Loops = protobuf.Loops,
            UnixSocketMode = parsed.GetValue(_unixMode).Value,
            DataDirectory = parsed.GetValue(_data),
            Sync = parsed.GetValue(_fsync).Value,
            MaxMemoryBytes = parsed.GetValue(_maxMemory).Bytes,
            MemoryPolicy = parsed.GetValue(_policy).Value,
            MaxValueBytes = resp.MaxMessageBytes,
            Password = password,
            Unprotected = parsed.GetValue(_unprotected),
        };
    }

    /// <summary>An option that would do nothing is a mistake: without --data, --fsync would keep nothing.</summary>
    private static void Require(CommandResult command, Option option, Option needed)
    {
        if (command.GetResult(option) is { Implicit: false } && command.GetResult(needed) is not { Implicit: false })
            command.AddError($"{option.Name} needs {needed.Name}.");
    }

    private bool TryReadPassword(ParseResult parsed, out string? password)
    {
        password = null;
        if (parsed.GetValue(_passwordFile) is not { } path)
            return true;
        try
        {
            password = File.ReadAllText(path).TrimEnd('\r', '\n');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"penstock: --password-file: {exception.Message}");
            return false;
        }

        if (password.Length > 0)
            return true;
        Console.Error.WriteLine($"penstock: --password-file: {path} is empty.");
        return false;
    }
}
