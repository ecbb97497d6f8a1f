using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Penstock.KeyValue.Tests.Server;

/// <summary>The <c>penstock</c> command, as its users run it.</summary>
public sealed class CommandTests
{
    [Fact]
    public async Task A_value_that_was_put_is_got()
    {
        await using KeyValueServer server = Servers.Start();
        string port = ((IPEndPoint)server.EndPoint!).Port.ToString(CultureInfo.InvariantCulture);
        Assert.Equal((0, ""), await RunAsync("kv", "put", "--port", port, "k", "some text"));
        Assert.Equal((0, "some text\n"), await RunAsync("kv", "get", "--port", port, "k"));
        Assert.Equal((1, ""), await RunAsync("kv", "get", "--port", port, "missing"));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_a_failure()
    {
        using Socket nobody = Ports.Hold();
        string port = ((IPEndPoint)nobody.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture);
        Assert.Equal((1, ""), await RunAsync("kv", "get", "--port", port, "k"));
    }

    [Fact]
    public async Task The_server_says_where_it_listens_and_ends_when_a_client_says_so()
    {
        using var server = ChildProcess.Penstock(
            "serve", "kv", "--port", "0", "--resp-port", "0", "--max-memory", "10mb");
        Assert.Contains("; protobuf; in memory)", await server.ReadLineAsync(), StringComparison.Ordinal);
        string line = (await server.ReadLineAsync())!;
        Assert.Contains("; Redis protocol; in memory)", line, StringComparison.Ordinal);
        using (RespClient client = await RespClient.ConnectAsync(IPEndPoint.Parse(line.Split(' ')[3])))
        {
            Assert.Equal("*2|$9|maxmemory|$8|10485760|", await client.CallAsync("CONFIG", "GET", "maxmemory"));
            await client.SendAsync(RespClient.Encode("SHUTDOWN"));
            Assert.True(await client.EndsAsync());
        }

        Assert.Equal((0, ""), await server.WaitAsync());
    }

    [Fact]
    public async Task A_password_from_a_file_is_asked_for()
    {
        using var directory = new TemporaryDirectory();
        string file = Path.Combine(directory.Path, "password");
        await File.WriteAllTextAsync(file, "secret\n", TestContext.Current.CancellationToken);
        using var server = ChildProcess.Penstock(
            "serve", "kv", "--port", "0", "--resp-port", "0", "--password-file", file);
        string line = (await server.ReadLineAsync())!;
        using RespClient client = await RespClient.ConnectAsync(IPEndPoint.Parse(line.Split(' ')[3]));
        Assert.StartsWith("-NOAUTH", await client.CallAsync("GET", "k"), StringComparison.Ordinal);
        Assert.Equal("+OK|", await client.CallAsync("AUTH", "secret"));
    }

    [Theory]
    [InlineData("--fsync", "sometimes")]
    [InlineData("--max-memory", "much")]
    [InlineData("--unix-mode", "9")]
    public async Task What_makes_no_sense_is_a_usage_error(string option, string value)
    {
        (int exitCode, string _) = await RunAsync("serve", "kv", option, value);
        Assert.Equal(2, exitCode);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        using var command = ChildProcess.Penstock(arguments);
        return await command.WaitAsync();
    }
}
