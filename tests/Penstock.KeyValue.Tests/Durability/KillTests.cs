using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit.Sdk;

namespace Penstock.KeyValue.Tests.Durability;

/// <summary>
/// The server is killed under load, again and again; what it had acknowledged is there afterwards. How often is in
/// <c>PENSTOCK_KILLS</c>; 10 unless it says otherwise.
/// </summary>
public sealed class KillTests
{
    private const int Writers = 8;

    /// <summary>
    /// How many writes a server must have acknowledged before it is killed: chosen so that kills fall anywhere.
    /// </summary>
    private static readonly int[] WritesBeforeKill = [1, 40, 300, 7, 120, 900];

    private readonly ConcurrentDictionary<string, int> _acknowledged = new();
    private readonly int[] _next = new int[Writers];
    private int _writes;

    [Fact]
    public async Task Every_acknowledged_write_survives_a_kill()
    {
        using var directory = new TemporaryDirectory();
        string asked = Environment.GetEnvironmentVariable("PENSTOCK_KILLS") ?? "10";
        int kills = int.Parse(asked, CultureInfo.InvariantCulture);
        for (int kill = 0; kill < kills; kill++)
        {
            using ChildProcess server = Serve(directory, "--loops", "2", "--fsync", "always");
            IPEndPoint endPoint = await ReadEndPointAsync(server);
            await VerifyAsync(endPoint);
            await LoadAndKillAsync(server, endPoint, WritesBeforeKill[kill % WritesBeforeKill.Length]);
        }

        using ChildProcess last = Serve(directory);
        await VerifyAsync(await ReadEndPointAsync(last));
        Assert.NotEmpty(_acknowledged);
    }

    private static ChildProcess Serve(TemporaryDirectory directory, params string[] options) =>
        ChildProcess.Penstock(
            ["serve", "kv", "--port", "0", "--resp-port", "0", "--data", directory.Path, .. options]);

    private async Task LoadAndKillAsync(ChildProcess server, IPEndPoint endPoint, int writes)
    {
        _writes = 0;
        Task[] writers = [.. Enumerable.Range(0, Writers).Select(writer => WriteUntilLostAsync(endPoint, writer))];
        using (RespClient control = await RespClient.ConnectAsync(endPoint))
            await control.CallAsync("BGSAVE");
        await Until.TrueAsync(() => Volatile.Read(ref _writes) >= writes);
        await server.KillAsync();
        await Task.WhenAll(writers);
    }

    /// <summary>
    /// Each writer counts up in keys of its own, and remembers a number only when the server has said OK.
    /// </summary>
    private async Task WriteUntilLostAsync(IPEndPoint endPoint, int writer)
    {
        try
        {
            using RespClient client = await RespClient.ConnectAsync(endPoint);
            while (true)
            {
                int number = ++_next[writer];
                string key = $"{writer}:{number % 100}";
                if (await client.CallAsync("SET", key, number.ToString(CultureInfo.InvariantCulture)) != "+OK|")
                    continue;
                _acknowledged[key] = number;
                Interlocked.Increment(ref _writes);
            }
        }
        catch (Exception exception) when (exception is SocketException or XunitException)
        {
            // The end of the server is the end of the writer.
            return;
        }
    }

    /// <summary>A key holds what was acknowledged last, or something later that was on its way at the kill.</summary>
    private async Task VerifyAsync(IPEndPoint endPoint)
    {
        using RespClient client = await RespClient.ConnectAsync(endPoint);
        foreach ((string key, int number) in _acknowledged)
        {
            string[] reply = (await client.CallAsync("GET", key)).Split('|');
            Assert.True(reply.Length > 2, $"{key} is gone; it was {number}.");
            Assert.InRange(int.Parse(reply[1], CultureInfo.InvariantCulture), number, int.MaxValue);
        }
    }

    private static async Task<IPEndPoint> ReadEndPointAsync(ChildProcess server)
    {
        string? line;
        do
        {
            line = await server.ReadLineAsync();
            Assert.NotNull(line);
        }
        while (!line.Contains("Redis protocol", StringComparison.Ordinal));
        return IPEndPoint.Parse(line.Split(' ')[3]);
    }
}
