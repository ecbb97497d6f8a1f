using System.Diagnostics;
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

    private static Process Start(string scheduling)
    {
        // tests/PROJECT/bin/CONFIGURATION/FRAMEWORK, and the sample beside it.
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        string root = output.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        string program = Path.Combine(
            root, "samples", "AspNetCore", "bin", output.Parent.Name, output.Name, "penstock-sample-aspnetcore.dll");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        start.ArgumentList.Add(program);
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

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(body)), await response.Content.ReadAsStringAsync(Canceled));
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
