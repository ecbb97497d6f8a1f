using System.Net;
using System.Net.Sockets;
using Penstock.Tests.Server;

namespace Penstock.Tests.Cli;

/// <summary>
/// <c>penstock serve echo</c> as whoever runs it sees it: what it prints, how it ends and with which code.
/// </summary>
public sealed class ServeEchoTests
{
    public ServeEchoTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are tested on Unix.");

    [Theory]
    [InlineData(CliProcess.SigInt)]
    [InlineData(CliProcess.SigTerm)]
    public async Task A_signal_drains_the_server_and_it_exits_with_0(int signal)
    {
        await using CliProcess server = CliProcess.StartInForeground("serve", "echo", "--port", "0");
        using TestClient client = await TestClient.ConnectAsync(await server.WaitEndPointAsync());
        await client.ExchangeAsync();
        await client.SendFrameAsync("the last one");
        Assert.Equal("the last one"u8.ToArray(), await client.ReceiveFrameAsync());

        server.Signal(signal);
        await client.ExpectEndAsync();
        client.FinishSending();
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.Empty(server.Errors);
    }

    [Theory]
    [InlineData("--idle-timeout")]
    [InlineData("--shutdown-timeout")]
    [InlineData("--linger-timeout")]
    public async Task A_timeout_of_0_is_taken(string option)
    {
        await using CliProcess server = CliProcess.StartInForeground("serve", "echo", "--port", "0", option, "0");
        using TestClient client = await TestClient.ConnectAsync(await server.WaitEndPointAsync());
        await client.ExchangeAsync();
    }

    [Fact]
    public async Task A_second_signal_does_not_wait_for_anybody()
    {
        await using CliProcess server = CliProcess.StartInForeground("serve", "echo", "--port", "0");
        using TestClient client = await TestClient.ConnectAsync(
            await server.WaitEndPointAsync(), s => s.ReceiveBufferSize = 8 * 1024);

        // A client that does not read its replies would keep the server for the 30 seconds of its shutdown timeout.
        byte[] frame = TestClient.Frame(new byte[32 * 1024]);
        byte[] request = [.. Enumerable.Range(0, 1_000).SelectMany(_ => frame)];
        Task sending = client.SendAsync(request);
        await Patience.UntilAsync(() => client.Socket.Available > 0);
        server.Signal(CliProcess.SigInt);
        await Patience.UntilAsync(async () => !await AcceptsAsync(await server.WaitEndPointAsync()));
        server.Signal(CliProcess.SigTerm);
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.DoesNotContain(server.Errors, line => line.Contains("shutdown timeout", StringComparison.Ordinal));

        // A server that drains reads and discards, so what was still to be sent may have gone through.
        _ = await Record.ExceptionAsync(() => sending);
    }

    [Fact]
    public async Task A_socket_in_a_directory_that_is_not_there_is_one_line_that_names_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix paths are tested on Unix.");
        var ended = await CliProcess.RunAsync("serve", "echo", "--unix", "/no/such/directory/echo.sock");
        Assert.Equal(1, ended.ExitCode);
        Assert.Empty(ended.Output);
        Assert.Equal(
            "penstock: There is no directory /no/such/directory to listen in.", Assert.Single(ended.Errors));
    }

    [Fact]
    public async Task A_port_in_use_is_one_line_and_exit_code_1()
    {
        using var holder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        holder.Listen();
        string port = $"{((IPEndPoint)holder.LocalEndPoint!).Port}";
        var ended = await CliProcess.RunAsync("serve", "echo", "--port", port);
        Assert.Equal(1, ended.ExitCode);
        Assert.Empty(ended.Output);
        Assert.Equal($"penstock: 127.0.0.1:{port} is in use.", Assert.Single(ended.Errors));
    }

    [Theory]
    [InlineData("--no-such-option")]
    [InlineData("--port", "70000")]
    [InlineData("--io", "carrier-pigeon")]
    [InlineData("--loops", "0")]
    [InlineData("--host", "not-an-address")]
    [InlineData("--idle-timeout", "-1")]
    public async Task A_bad_option_is_one_line_and_exit_code_2(params string[] arguments)
    {
        var ended = await CliProcess.RunAsync(["serve", "echo", .. arguments]);
        Assert.Equal(2, ended.ExitCode);
        Assert.Empty(ended.Output);
        Assert.StartsWith("penstock: ", Assert.Single(ended.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_names_every_option_and_exits_with_0()
    {
        var ended = await CliProcess.RunAsync("serve", "echo", "--help");
        Assert.Equal(0, ended.ExitCode);
        Assert.Empty(ended.Errors);
        string help = string.Join('\n', ended.Output);
        foreach (string option in (string[])["--port", "--host", "--unix", "--io", "--loops", "--max-connections"])
            Assert.Contains(option, help, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_shows_defaults_as_they_are_typed()
    {
        var ended = await CliProcess.RunAsync("serve", "kv", "--help");
        string help = string.Join('\n', ended.Output);
        foreach (string value in (string[])["auto", "level", "everysec", "noeviction"])
            Assert.Contains($"[default: {value}]", help, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Unix_path_is_served_and_its_file_removed()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.PathOf("echo.sock");
        await using CliProcess server = CliProcess.Start("serve", "echo", "--unix", path);
        Assert.Equal($"unix:{path}", await server.WaitListeningAsync());
        using (TestClient client = await TestClient.ConnectAsync(new UnixDomainSocketEndPoint(path)))
            await client.ExchangeAsync();

        server.Signal(CliProcess.SigTerm);
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task The_message_limit_is_64_KiB_unless_told_otherwise()
    {
        await using CliProcess server = CliProcess.Start("serve", "echo", "--port", "0");
        using TestClient client = await TestClient.ConnectAsync(await server.WaitEndPointAsync());
        byte[] longest = TestClient.Frame(new byte[64 * 1024]);
        await client.SendAsync(longest);
        Assert.Equal(longest, await client.ReceiveExactlyAsync(longest.Length));
        await client.SendAsync(BitConverter.GetBytes((64 * 1024) + 1));
        await client.ExpectEndAsync();
    }

    private static async Task<bool> AcceptsAsync(IPEndPoint endPoint)
    {
        try
        {
            using TestClient probe = await TestClient.ConnectAsync(endPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
