using System.Net;
using Penstock.Http.Tests.Conformance;

namespace Penstock.Http.Tests.Live;

/// <summary>
/// A page of another name that points at this server (DNS rebinding) gets nothing; what the server is really called
/// works.
/// </summary>
public sealed class AllowedHostTests
{
    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:8000")]
    [InlineData("localhost.")]
    [InlineData("app.localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:8000")]
    [InlineData("[::1]:8000")]
    [InlineData("192.168.1.5")]
    [InlineData("")]
    public async Task On_loopback_the_names_of_loopback_and_addresses_are_served(string host) =>
        Assert.Equal([200, 200], await StatusesAsync(new HttpOptions(), host));

    [Theory]
    [InlineData("attacker.example")]
    [InlineData("attacker.example:8000")]
    [InlineData("localhost.attacker.example")]
    [InlineData("xlocalhost")]
    [InlineData(".localhost")]
    [InlineData("127.0.0.1.attacker.example")]
    [InlineData("a")]
    public async Task On_loopback_other_names_are_misdirected(string host) =>
        Assert.Equal([421, 421], await StatusesAsync(new HttpOptions(), host));

    [Fact]
    public async Task A_page_that_is_misdirected_sees_nothing_of_a_file_and_its_upload_is_not_taken()
    {
        string root = Directory.CreateTempSubdirectory("penstock-http-").FullName;
        await File.WriteAllTextAsync(Path.Combine(root, "a.txt"), "secret", LiveServer.Patience);
        await using var live = new LiveServer(DefaultRoutes.Create(root));
        using var client = new RawClient(live.Port);
        await client.SendAsync("GET /a.txt HTTP/1.1\r\nHost: evil.example\r\n\r\n"
            + "POST /upload HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 3\r\n\r\nabc"
            + "GET http://evil.example/a.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        string answers = await client.ReadToEndAsync();

        Assert.Equal([421, 421, 421], ResponseReader.ReadAll(answers).Select(answer => answer.Status));
        Assert.DoesNotContain("secret", answers, StringComparison.Ordinal);
        Directory.Delete(root, recursive: true);
    }

    [Theory]
    [InlineData("example.com", 200)]
    [InlineData("EXAMPLE.com:80", 200)]
    [InlineData("www.example.org", 200)]
    [InlineData("example.org", 421)]
    [InlineData("localhost", 421)]
    [InlineData("127.0.0.1", 421)]
    [InlineData("[::2]:80", 200)]
    public async Task Hosts_that_are_listed_are_all_that_is_served(string host, int status) =>
        Assert.Equal(
            [status, status],
            await StatusesAsync(new HttpOptions { AllowedHosts = ["example.com", "*.example.org", "::2"] }, host));

    [Fact]
    public async Task Every_host_can_be_asked_for() =>
        Assert.Equal([200, 200], await StatusesAsync(new HttpOptions { AllowedHosts = ["*"] }, "a.example"));

    [Fact]
    public async Task A_server_on_all_addresses_cannot_know_its_names()
    {
        var options = new ServerOptions { EndPoint = new IPEndPoint(IPAddress.Any, 0) };
        await using var live = new LiveServer(DefaultRoutes.Create(), options, new HttpOptions());

        Assert.Equal([200, 200], await StatusesAsync(live, "a.example"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("http://example.com")]
    [InlineData("example.com:80")]
    [InlineData("*example.com")]
    public void What_is_no_host_is_refused_by_name(string host)
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => HttpServer.Start(
            new ServerOptions(), new HttpOptions { AllowedHosts = [host] }, new HttpRoutes()));

        Assert.Contains("AllowedHosts", refusal.Message, StringComparison.Ordinal);
        Assert.False(HttpOptions.IsHostPattern(host));
    }

    private static async Task<IEnumerable<int>> StatusesAsync(HttpOptions http, string host)
    {
        await using var live = new LiveServer(DefaultRoutes.Create(), http: http);
        return await StatusesAsync(live, host);
    }

    private static async Task<IEnumerable<int>> StatusesAsync(LiveServer live, string host)
    {
        using var client = new RawClient(live.Port);
        await client.SendAsync($"GET /status HTTP/1.1\r\nHost: {host}\r\n\r\n"
            + $"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        return ResponseReader.ReadAll(await client.ReadToEndAsync()).Select(answer => answer.Status);
    }
}
