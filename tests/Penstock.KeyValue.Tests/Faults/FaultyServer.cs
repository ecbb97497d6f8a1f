using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit.Sdk;

namespace Penstock.KeyValue.Tests.Faults;

/// <summary>
/// <c>penstock serve kv</c> over a directory, and a model of what it has acknowledged. It is crashed and started again;
/// what it owes is asked for then.
/// </summary>
internal sealed class FaultyServer : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _policy;
    private readonly HashSet<int> _acknowledged = [];
    private ChildProcess? _process;
    private IPEndPoint _endPoint = new(IPAddress.Loopback, 0);
    private int _attempts;

    public FaultyServer(string policy) => _policy = policy;

    public string Directory => _directory.Path;

    public ChildProcess Process => _process!;

    /// <summary>The words of the command that serves the directory.</summary>
    public string[] Arguments => ArgumentsFor("1");

    public string[] ArgumentsFor(string loops) =>
        ["serve", "kv", "--port", "0", "--resp-port", "0", "--loops", loops, "--fsync", _policy, "--data", Directory];

    public string PathOf(string file) => Path.Combine(Directory, file);

    /// <summary>What calls may name a file by: the whole path, or in its directory; <c>.</c> is that itself.</summary>
    public string[] NamesOf(string file) => file == "." ? [Directory] : [PathOf(file), file];

    public bool Has(string file) => File.Exists(PathOf(file));

    public Task StartAsync() => TakeAsync(ChildProcess.Penstock(Arguments));

    /// <summary>Goes on with a process that somebody else has started, once it says where it listens.</summary>
    public async Task TakeAsync(ChildProcess process)
    {
        Assert.True(await TryTakeAsync(process), "The server did not start.");
    }

    /// <summary>Whether the process says where it listens; otherwise it has said nothing and ended.</summary>
    public async Task<bool> TryTakeAsync(ChildProcess process)
    {
        _process?.Dispose();
        _process = process;
        while (await process.ReadLineAsync() is { } line)
        {
            if (!line.Contains("Redis protocol", StringComparison.Ordinal))
                continue;
            _endPoint = IPEndPoint.Parse(line.Split(' ')[3]);
            return true;
        }

        return false;
    }

    /// <summary>Makes writes that must all be acknowledged.</summary>
    public async Task WriteAsync(int count)
    {
        for (int i = 0; i < count; i++)
            Assert.Equal("+OK|", await TryWriteAsync());
    }

    /// <summary>The reply to one more write; null when the server ended the connection instead.</summary>
    public async Task<string?> TryWriteAsync()
    {
        int number = ++_attempts;
        string? reply = await CallAsync("SET", KeyOf(number), number.ToString(CultureInfo.InvariantCulture));
        if (reply == "+OK|")
            _acknowledged.Add(number);
        return reply;
    }

    /// <summary>The reply to a command; null when the server ended the connection instead.</summary>
    public async Task<string?> CallAsync(params string[] words)
    {
        try
        {
            using RespClient client = await RespClient.ConnectAsync(_endPoint);
            return await client.CallAsync(words);
        }
        catch (Exception exception) when (exception is SocketException or XunitException)
        {
            Assert.False(_process!.HasExited, "The server has ended.");
            return null;
        }
    }

    /// <summary>Waits until no snapshot is being made.</summary>
    public Task WaitForSnapshotAsync() => Until.TrueAsync(async () =>
        await CallAsync("INFO", "persistence") is { } information
        && information.Contains("rdb_bgsave_in_progress:0", StringComparison.Ordinal));

    /// <summary>Starts the server on what a crash or an end has left, and asks for everything it owes.</summary>
    public async Task CheckAfterRestartAsync()
    {
        Assert.True(_process!.HasExited);
        await StartAsync();
        string[] keys = [.. Enumerable.Range(1, _attempts).Select(KeyOf)];
        using RespClient client = await RespClient.ConnectAsync(_endPoint);
        await client.SendAsync(RespClient.Encode(["MGET", .. keys]));
        string[] values = await client.ReadElementsAsync();
        int[] present = [.. Enumerable.Range(1, _attempts).Where(number => values[number - 1] != "$-1|")];
        Assert.Empty(_acknowledged.Except(present));
        Assert.All(present, number =>
            Assert.EndsWith($"|{number}|", values[number - 1], StringComparison.Ordinal));
        Assert.Equal($":{present.Length}|", await client.CallAsync("DBSIZE"));
    }

    public void Dispose()
    {
        _process?.Dispose();
        _directory.Dispose();
    }

    private static string KeyOf(int number) => string.Create(CultureInfo.InvariantCulture, $"key:{number}");
}
