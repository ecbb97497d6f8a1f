using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Penstock.Tests.Cli;

/// <summary><c>penstock serve http</c> as a user runs it.</summary>
public sealed class ServeHttpTests
{
    public ServeHttpTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are sent as POSIX has them.");

    [Fact]
    public async Task A_signal_to_stop_lets_a_download_and_an_upload_finish()
    {
        const int length = 30_000_000;
        using var root = new TemporaryDirectory();
        await File.WriteAllBytesAsync(
            root.PathOf("big.bin"), new byte[length], TestContext.Current.CancellationToken);
        await using CliProcess server = Serve("--root", root.PathOf(""));
        IPEndPoint endPoint = await server.WaitEndPointAsync();
        using Socket download = await ConnectAsync(endPoint);
        using Socket upload = await ConnectAsync(endPoint);
        await SendAsync(download, "GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await SendAsync(upload, "POST /upload HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
            + "Content-Length: 4\r\n\r\n");
        byte[] buffer = new byte[64 * 1024];
        long received = await ReceiveAsync(download, buffer);
        await ReceiveAsync(upload, buffer);

        server.Signal(CliProcess.SigTerm);
        await Patience.UntilAsync(() => IsRefusedAsync(endPoint));
        await SendAsync(upload, "body");
        string answer = await ReadToEndAsync(upload, buffer);
        for (int count; (count = await ReceiveAsync(download, buffer)) > 0;)
            received += count;

        Assert.InRange(received, length, length + 1_000);
        Assert.EndsWith("\r\n\r\n4", answer, StringComparison.Ordinal);
        Assert.Equal(0, await server.WaitForExitAsync());
    }

    [Fact]
    public async Task A_stop_waits_no_longer_than_it_is_told_to()
    {
        await using CliProcess server = Serve("--shutdown-timeout", "100ms");
        IPEndPoint endPoint = await server.WaitEndPointAsync();
        using Socket upload = await ConnectAsync(endPoint);
        await SendAsync(upload, "POST /upload HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
            + "Content-Length: 4\r\n\r\n");
        byte[] buffer = new byte[1_000];
        await ReceiveAsync(upload, buffer);

        server.Signal(CliProcess.SigTerm);

        Assert.Equal(0, await server.WaitForExitAsync());
        SocketException reset = await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(upload, buffer));
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    [Fact]
    public async Task Silence_within_a_request_is_answered()
    {
        await using CliProcess server = Serve("--idle-timeout", "300ms");
        using Socket client = await ConnectAsync(await server.WaitEndPointAsync());
        await SendAsync(client, "GET / HTTP/1.1\r\n");

        Assert.StartsWith("HTTP/1.1 408 ", await ReadToEndAsync(client, new byte[1_000]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hosts_are_those_that_were_listed_and_bodies_may_be_longer_than_memory()
    {
        await using CliProcess server = Serve("--allowed-host", "a.example", "--allowed-host", "*.b.example",
            "--max-message", "5gb");
        IPEndPoint endPoint = await server.WaitEndPointAsync();

        Assert.StartsWith("HTTP/1.1 200 ", await GetAsync("www.b.example"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", await GetAsync("a.example"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 421 ", await GetAsync("localhost"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 100 ", await UploadAsync("5368709120"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 413 ", await UploadAsync("5368709121"), StringComparison.Ordinal);

        Task<string> GetAsync(string host) => AskAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");

        Task<string> UploadAsync(string bodyLength) => AskAsync(
            "POST /upload HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\n"
            + $"Content-Length: {bodyLength}\r\n\r\n");

        async Task<string> AskAsync(string request)
        {
            using Socket client = await ConnectAsync(endPoint);
            await SendAsync(client, request);
            byte[] buffer = new byte[1_000];
            return Encoding.ASCII.GetString(buffer, 0, await ReceiveAsync(client, buffer));
        }
    }

    [Fact]
    public async Task A_host_that_is_none_is_a_mistake_in_the_command()
    {
        (int exitCode, _, IReadOnlyList<string> errors) = await CliProcess.RunAsync(
            "serve", "http", "--port", "0", "--allowed-host", "http://a.example");

        Assert.Equal(2, exitCode);
        Assert.Contains("--allowed-host", Assert.Single(errors), StringComparison.Ordinal);
    }

    private static CliProcess Serve(params string[] arguments) =>
        CliProcess.Start(["serve", "http", "--port", "0", "--loops", "1", .. arguments]);

    private static async Task<Socket> ConnectAsync(IPEndPoint endPoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endPoint, TestContext.Current.CancellationToken).AsTask().Bounded();
        return socket;
    }

    private static async Task<bool> IsRefusedAsync(IPEndPoint endPoint)
    {
        try
        {
            using Socket socket = await ConnectAsync(endPoint);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static Task<int> SendAsync(Socket socket, string text) =>
        socket.SendAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken).AsTask().Bounded();

    private static Task<int> ReceiveAsync(Socket socket, byte[] buffer) =>
        socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken).AsTask().Bounded();

    private static async Task<string> ReadToEndAsync(Socket socket, byte[] buffer)
    {
        var text = new StringBuilder();
        for (int count; (count = await ReceiveAsync(socket, buffer)) > 0;)
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        return text.ToString();
    }
}
