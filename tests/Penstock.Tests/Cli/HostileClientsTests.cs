using System.Globalization;
using System.Net;
using System.Text;
using Penstock.Tests.Server;

namespace Penstock.Tests.Cli;

/// <summary>
/// Two hundred clients that ask for much and read nothing, or send a part of a long message: the server takes little
/// more than it was given, and serves the others. <c>bench/hostile.py</c> tries the same with more of them.
/// </summary>
public sealed class HostileClientsTests
{
    private const int Clients = 200;
    private const int ValueBytes = 4 * 1024 * 1024;

    /// <summary>192 MiB, in the hexadecimal that the runtime reads.</summary>
    private const string HeapLimit = "DOTNET_GCHeapHardLimit=C000000";

    /// <summary>The 32 MiB of the option, and as much again for each of: what is being copied, sockets, code.</summary>
    private const long MostGrowth = 128L * 1024 * 1024;

    private static readonly string Piece = new('x', 512 * 1024);

    public HostileClientsTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Memory is read from /proc.");

    [Theory]
    [InlineData("GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n", 20)]
    [InlineData("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000000\r\n\r\n", 1)]
    [InlineData("GET /", 1)]
    public async Task Http_serves_the_others(string begin, int times)
    {
        using var root = new TemporaryDirectory();
        await using (FileStream file = File.Create(root.PathOf("big.bin")))
            file.SetLength(100_000_000);
        await using CliProcess server = Serve("http", "--port", "0", "--root", root.PathOf(""));
        IPEndPoint endPoint = await server.WaitEndPointAsync();

        await TryAsync(
            server,
            endPoint,
            Repeat(begin, times) + (times == 1 ? Piece : ""),
            "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            "HTTP/1.1 200 ");
    }

    [Theory]
    [InlineData("*2\r\n$3\r\nGET\r\n$3\r\nbig\r\n", 20)]
    [InlineData("*4\r\n$4\r\nMGET\r\n$3\r\nbig\r\n$3\r\nbig\r\n$3\r\nbig\r\n", 20)]
    [InlineData("*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$60000000\r\n", 1)]
    public async Task The_key_value_server_serves_the_others(string begin, int times)
    {
        await using CliProcess server = Serve("kv", "--port", "0", "--resp-port", "0");
        IPEndPoint endPoint = await server.WaitEndPointAsync("Redis protocol");
        using (TestClient client = await TestClient.ConnectAsync(endPoint))
        {
            await client.SendAsync($"*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n${ValueBytes}\r\n");
            await client.SendAsync(new string('v', ValueBytes) + "\r\n");
            await client.ReceiveExactlyAsync("+OK\r\n".Length);
        }

        await TryAsync(server, endPoint, Repeat(begin, times) + (times == 1 ? Piece : ""), "PING\r\n", "+PONG\r\n");
    }

    private static CliProcess Serve(params string[] arguments) => CliProcess.StartThrough(
        ["env", HeapLimit], ["serve", .. arguments, "--loops", "2", "--max-connection-memory", "32mb"]);

    private static async Task TryAsync(
        CliProcess server, IPEndPoint endPoint, string message, string request, string answer)
    {
        await ExchangeAsync(endPoint, request, answer);
        long before = MostResident(server);
        byte[] bytes = Encoding.ASCII.GetBytes(message);
        List<TestClient> hostile = [];
        for (int i = 0; i < Clients; i++)
        {
            TestClient client = await TestClient.ConnectAsync(endPoint, socket => socket.ReceiveBufferSize = 4096);
            hostile.Add(client);

            // Ends when the client is disposed, if the server does not take it before; a reset is one way to refuse.
            _ = client.SendAsync(bytes).ContinueWith(static task => _ = task.Exception, TaskScheduler.Default);
        }

        for (int i = 0; i < 5; i++)
            await ExchangeAsync(endPoint, request, answer);
        hostile.ForEach(client => client.Dispose());
        await ExchangeAsync(endPoint, request, answer);

        Assert.InRange(MostResident(server) - before, 0, MostGrowth);
        server.Signal(CliProcess.SigTerm);
        Assert.Equal(0, await server.WaitForExitAsync());
    }

    private static async Task ExchangeAsync(IPEndPoint endPoint, string request, string answer)
    {
        using TestClient client = await TestClient.ConnectAsync(endPoint);
        await client.SendAsync(request);
        Assert.Equal(answer, await client.ReceiveTextAsync(answer.Length));
    }

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    /// <summary>The most memory that it has had at a time, in bytes.</summary>
    private static long MostResident(CliProcess server)
    {
        const string name = "VmHWM:";
        string line = File.ReadLines($"/proc/{server.Id}/status")
            .First(line => line.StartsWith(name, StringComparison.Ordinal));
        string kibibytes = line[name.Length..].Replace("kB", "", StringComparison.Ordinal);
        return 1024 * long.Parse(kibibytes, CultureInfo.InvariantCulture);
    }
}
