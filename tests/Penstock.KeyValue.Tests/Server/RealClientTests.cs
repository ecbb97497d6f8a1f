using System.Globalization;
using System.Net;

namespace Penstock.KeyValue.Tests.Server;

/// <summary>The programs that people use with Redis, used with this server.</summary>
public sealed class RealClientTests
{
    [Theory]
    [InlineData("1", "2000")]
    [InlineData("16", "20000")]
    public async Task The_benchmark_of_redis_runs_without_an_error(string depth, string requests)
    {
        TestIo.SkipIfOneAtATime();
        string tool = Tools.Require("redis-benchmark");
        await using KeyValueServer server = Servers.Start(loops: 2);
        using var benchmark = new ChildProcess(
            tool, "-p", Port(server), "-t", "set,get,incr,mset,ping", "-P", depth, "-n", requests, "--csv");
        (int exitCode, string output) = await benchmark.WaitAsync();
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("rror", output, StringComparison.Ordinal);
        string[] tests = ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET (10 keys)"];
        Assert.All(tests, test => Assert.Contains($"\"{test}\",", output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("-2")]
    [InlineData("-3")]
    public async Task The_client_of_redis_reads_back_what_it_set(string protocol)
    {
        string tool = Tools.Require("redis-cli");
        await using KeyValueServer server = Servers.Start();
        Assert.Equal("OK\n", await RunAsync("SET", "greeting", "hello"));
        Assert.Equal("hello\n", await RunAsync("GET", "greeting"));
        Assert.Equal("greeting\n", await RunAsync("--scan"));

        async Task<string> RunAsync(params string[] words)
        {
            using var cli = new ChildProcess(tool, ["-p", Port(server), protocol, .. words]);
            (int exitCode, string output) = await cli.WaitAsync();
            Assert.Equal(0, exitCode);
            return output;
        }
    }

    private static string Port(KeyValueServer server) =>
        ((IPEndPoint)server.RespEndPoint!).Port.ToString(CultureInfo.InvariantCulture);
}
