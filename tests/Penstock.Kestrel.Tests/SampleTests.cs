using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Penstock.Kestrel.Tests;

/// <summary>The sample, run as its reader would run it.</summary>
public sealed class SampleTests
{
    private const string Announcement = "Now listening on: ";

    private static CancellationToken Canceled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ThreadPool")]
    [InlineData("Inline")]
    public async Task The_sample_serves_JSON_an_upload_and_a_WebSocket(string scheduling)
    {
        using Process process = Start(scheduling);
        try
        {
            var address = new Uri(await ReadAddressAsync(process).Within());
            using var client = new HttpClient { BaseAddress = address, Timeout = Deadline.Long };

            Assert.Equal("Hello", await client.GetStringAsync("/", Canceled));
            JsonElement weather = await client.GetFromJsonAsync<JsonElement>("/weather/Bern", Canceled);
            Assert.Equal("Bern", weather.GetProperty("city").GetString());
            await AssertUploadAsync(client);
            await AssertEchoAsync(new UriBuilder(address) { Scheme = "ws", Path = "/echo" }.Uri);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(Canceled);
        }
    }

    [Theory]
    [InlineData("ThreadPool")]
    [InlineData("Inline")]
    public async Task The_first_requests_are_served_when_clients_have_taken_all_descriptors(string scheduling)
    {
        const int Limit = 500;
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The limit is set with a Linux shell.");
        using Process process = Start(scheduling, Limit);
        List<RawClient> clients = [];
        try
        {
            var address = new Uri(await ReadAddressAsync(process).Within());
            var endPoint = new IPEndPoint(IPAddress.Loopback, address.Port);
            int atRest = Descriptors(process);
            for (int i = 0; i < Limit; i++)
                clients.Add(await RawClient.ConnectAsync(endPoint));
            await Deadline.Until(
                () => Descriptors(process) > Limit - 5, "the sample has no descriptor left");

            await clients[0].SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Contains("Hello", await clients[0].ReadResponseAsync());
            await clients[1].SendAsync("GET /weather/Bern HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Contains("\"city\":\"Bern\"", await clients[1].ReadResponseAsync());
            await clients[2].SendAsync("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
            Assert.Contains(" 200 ", await clients[2].ReadResponseAsync());
            await clients[3].SendAsync(
                "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
            Assert.Contains(" 101 ", await clients[3].ReadUntilAsync("\r\n\r\n"));
            clients.ForEach(client => client.Dispose());

            // Clients that are gone and wait to be accepted would take the descriptors once more.
            await Deadline.Until(
                () => Unaccepted(address.Port) == 0 && Descriptors(process) < atRest + 20,
                "the sample has descriptors again");
            await AssertEchoAsync(new UriBuilder(address) { Scheme = "ws", Path = "/echo" }.Uri);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
            process.Kill();
            await process.WaitForExitAsync(Canceled);
        }
    }

    private static int Descriptors(Process process) => Directory.GetFiles($"/proc/{process.Id}/fd").Length;

    /// <summary>Connections in the backlogs of a port: the receive queue of a socket that listens (0A).</summary>
    private static long Unaccepted(int port) =>
        (from line in File.ReadLines("/proc/net/tcp").Skip(1)
         let fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
         where fields[3] == "0A" && fields[1].EndsWith($":{port:X4}", StringComparison.Ordinal)
         select Convert.ToInt64(fields[4].Split(':')[1], 16)).Sum();

    private static Process Start(string scheduling, int? descriptors = null)
    {
        // tests/PROJECT/bin/CONFIGURATION/FRAMEWORK, and the sample beside it.
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        string root = output.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        string program = Path.Combine(
            root, "samples", "AspNetCore", "bin", output.Parent.Name, output.Name, "penstock-sample-aspnetcore.dll");
        string[] command = descriptors is null
            ? ["dotnet"]
            : ["bash", "-c", $"ulimit -n {descriptors}; exec dotnet \"$@\"", "bash"];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true };
        start.ArgumentList.Add(program);

        // The runtime itself may end, on any transport, where it starts a thread without a descriptor left.
        if (descriptors is not null)
            start.Environment["DOTNET_ThreadPool_ForceMaxWorkerThreads"] = "2";
        start.ArgumentList.Add("--urls=http://127.0.0.1:0");
        start.ArgumentList.Add($"--Penstock:ApplicationScheduling={scheduling}");
        return Process.Start(start)!;
    }

    private static async Task<string> ReadAddressAsync(Process process)
    {
        while (await process.StandardOutput.ReadLineAsync(Canceled) is { } line)
        {
            int found = line.IndexOf(Announcement, StringComparison.Ordinal);
            if (found < 0)
                continue;

            // What it says from here on is read as well, because a full pipe would stop it.
            _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, Canceled);
            return line[(found + Announcement.Length)..];
        }

        throw new InvalidOperationException("The sample ended without listening.");
    }

    private static async Task AssertUploadAsync(HttpClient client)
    {
        byte[] body = new byte[5_000_000];
        Pattern.Fill(body, 0);

        using HttpResponseMessage response = await client.PostAsync("/upload", new ByteArrayContent(body), Canceled);

        string hash = await response.Content.ReadAsStringAsync(Canceled);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(body)), hash);
    }

    private static async Task AssertEchoAsync(Uri address)
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(address, Canceled);
        byte[] buffer = new byte[100];

        await socket.SendAsync("echo"u8.ToArray(), WebSocketMessageType.Text, true, Canceled);
        WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, Canceled);

        Assert.Equal("echo", Encoding.ASCII.GetString(buffer, 0, received.Count));
    }
}
