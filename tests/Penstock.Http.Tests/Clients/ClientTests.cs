using System.Globalization;
using System.Text.RegularExpressions;
using Penstock.Http.Tests.Live;

namespace Penstock.Http.Tests.Clients;

/// <summary>The clients that people use, each for a moment, without a single error.</summary>
public sealed class ClientTests
{
    [Fact]
    public async Task Curl_gets_posts_and_reuses_its_connection()
    {
        await using var live = new LiveServer(DefaultRoutes.Create());
        string file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, new byte[3_000_000], LiveServer.Patience);

        string hello = await Tool.RunAsync("curl", "-sS", "--http1.1", live.Url, live.Url);
        string length = await Tool.RunAsync("curl", "-sS", "--data-binary", $"@{file}", $"{live.Url}/upload");
        string chunked = await Tool.RunAsync(
            "curl",
            "-sS",
            "-H", "Transfer-Encoding: chunked",
            "-H", "Expect: 100-continue",
            "--data-binary", $"@{file}",
            $"{live.Url}/upload");
        string old = await Tool.RunAsync("curl", "-sS", "--http1.0", "-i", live.Url);
        string head = await Tool.RunAsync("curl", "-sS", "-I", live.Url);
        File.Delete(file);

        Assert.Equal("HelloHello", hello);
        Assert.Equal("3000000", length);
        Assert.Equal("3000000", chunked);
        Assert.EndsWith("\r\n\r\nHello", old, StringComparison.Ordinal);
        Assert.Contains("Content-Length: 5", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrk_sees_no_error()
    {
        TestIo.SkipIfOneAtATime();
        await using var live = new LiveServer(DefaultRoutes.Create());

        string report = await Tool.RunAsync("wrk", "-t1", "-c16", "-d1s", live.Url);

        Assert.True(Number(report, @"(\d+) requests in") > 0, report);
        Assert.DoesNotContain("Non-2xx", report, StringComparison.Ordinal);
        Assert.DoesNotContain("Socket errors", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task H2load_over_http_1_1_gets_every_answer()
    {
        TestIo.SkipIfOneAtATime();
        await using var live = new LiveServer(DefaultRoutes.Create());

        string report = await Tool.RunAsync("h2load", "--h1", "-n5000", "-c16", "-m8", live.Url);

        Assert.Contains("5000 succeeded, 0 failed, 0 errored, 0 timeout", report, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-k")]
    [InlineData("-q")]
    public async Task Ab_gets_every_answer(string keepAlive)
    {
        TestIo.SkipIfOneAtATime();
        await using var live = new LiveServer(DefaultRoutes.Create());

        string report = await Tool.RunAsync("ab", "-q", keepAlive, "-n", "2000", "-c", "16", $"{live.Url}/");

        Assert.Equal(2_000, Number(report, @"Complete requests:\s+(\d+)"));
        Assert.Equal(0, Number(report, @"Failed requests:\s+(\d+)"));
        Assert.DoesNotContain("Non-2xx", report, StringComparison.Ordinal);
    }

    private static int Number(string report, string pattern) =>
        int.Parse(Regex.Match(report, pattern).Groups[1].Value, CultureInfo.InvariantCulture);
}
