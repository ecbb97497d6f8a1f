using System.Net;

namespace Penstock.KeyValue.Tests.Durability;

public sealed class FileSizeLimitTests
{
    [Fact]
    public async Task A_log_at_the_limit_of_file_sizes_is_a_full_disk_and_not_the_end_of_the_process()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such limit.");
        using var directory = new TemporaryDirectory();

        // The runtime's own executable memory is a file larger than the limit, unless it is told not to.
        string command = "export DOTNET_EnableWriteXorExecute=0; ulimit -f 512; exec dotnet \"$0\" serve kv --port 0 "
            + "--resp-port 0 --fsync always --data \"$1\"";
        using var server = new ChildProcess(
            "bash", "-c", command, Path.Combine(AppContext.BaseDirectory, "penstock.dll"), directory.Path);
        IPEndPoint endPoint = await ReadEndPointAsync(server);
        string value = new('v', 200_000);
        using (RespClient client = await RespClient.ConnectAsync(endPoint))
        {
            Assert.Equal("+OK|", await client.CallAsync("SET", "a", value));
            Assert.Equal("+OK|", await client.CallAsync("SET", "b", value));
            await client.SendAsync(RespClient.Encode("SET", "c", value));
            Assert.True(await client.EndsAsync());
        }

        using RespClient next = await RespClient.ConnectAsync(endPoint);
        Assert.Equal(
            "-MISCONF Errors writing to the AOF file: File too large|", await next.CallAsync("SET", "d", "1"));
        Assert.Equal(":200000|", await next.CallAsync("STRLEN", "a"));
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
