using System.Net;
using System.Net.Http.Headers;
using Penstock.Http.StaticFiles;
using Penstock.Http.Tests.Clients;
using Penstock.Http.Tests.Conformance;

namespace Penstock.Http.Tests.Live;

public sealed class StaticFileTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("penstock-http-").FullName;
    private LiveServer _live = null!;
    private HttpClient _client = null!;

    private string Root => Path.Combine(_directory, "root");

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(Root, "sub"));
        File.WriteAllText(Path.Combine(Root, "a.txt"), "0123456789");
        File.WriteAllText(Path.Combine(Root, "sub", "index.html"), "<p>sub");
        File.WriteAllText(Path.Combine(Root, "100%.txt"), "percent");
        File.WriteAllText(Path.Combine(Root, "50%20off.txt"), "escape");
        File.WriteAllText(Path.Combine(Root, "a%2Fb.txt"), "slash");
        File.WriteAllText(Path.Combine(Root, "empty.txt"), "");
        byte[] big = [.. Enumerable.Range(0, 5_000_000).Select(i => (byte)(i * 31 >> 3))];
        File.WriteAllBytes(Path.Combine(Root, "big.bin"), big);
        File.WriteAllText(Path.Combine(_directory, "secret.txt"), "secret");
        File.CreateSymbolicLink(Path.Combine(Root, "out.txt"), Path.Combine(_directory, "secret.txt"));
        File.CreateSymbolicLink(Path.Combine(Root, "outdir"), _directory);
        File.CreateSymbolicLink(Path.Combine(Root, "in.txt"), Path.Combine(Root, "a.txt"));
        _live = new LiveServer(DefaultRoutes.Create(Root));
        _client = _live.CreateClient();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _live.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData("/a.txt", "text/plain; charset=utf-8", "0123456789")]
    [InlineData("/in.txt", "text/plain; charset=utf-8", "0123456789")]
    [InlineData("/sub/", "text/html; charset=utf-8", "<p>sub")]
    [InlineData("/100%25.txt", "text/plain; charset=utf-8", "percent")]
    [InlineData("/50%2520off.txt", "text/plain; charset=utf-8", "escape")]
    [InlineData("/a%252Fb.txt", "text/plain; charset=utf-8", "slash")]
    [InlineData("/sub/index.html", "text/html; charset=utf-8", "<p>sub")]
    [InlineData("/%61.txt", "text/plain; charset=utf-8", "0123456789")]
    public async Task A_file_is_served_with_its_type(string path, string type, string content)
    {
        HttpResponseMessage response = await _client.GetAsync(path, LiveServer.Patience);

        Assert.Equal(type, response.Content.Headers.ContentType!.ToString());
        Assert.Equal(content, await response.Content.ReadAsStringAsync(LiveServer.Patience));
        Assert.NotNull(response.Headers.ETag);
        Assert.NotNull(response.Content.Headers.LastModified);
    }

    [Fact]
    public async Task A_pipe_below_the_root_is_not_waited_for()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere a pipe below the root holds its loop up.");
        await Tool.RunAsync("mkfifo", Path.Combine(Root, "pipe"));

        HttpResponseMessage response = await _client.GetAsync("/pipe", LiveServer.Patience);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task A_file_larger_than_the_send_queue_arrives_whole()
    {
        byte[] content = await _client.GetByteArrayAsync("/big.bin", LiveServer.Patience);

        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(Root, "big.bin"), LiveServer.Patience), content);
    }

    [Theory]
    [InlineData("/../secret.txt")]
    [InlineData("/sub/../../secret.txt")]
    [InlineData("/%2e%2e/secret.txt")]
    [InlineData("/%2E%2E/secret.txt")]
    [InlineData("/..%2fsecret.txt")]
    [InlineData("/sub/%2e%2e/%2e%2e/secret.txt")]
    [InlineData("/%252e%252e/secret.txt")]
    [InlineData("/..\\secret.txt")]
    [InlineData("/./a.txt")]
    [InlineData("//a.txt")]
    [InlineData("//etc/passwd")]
    [InlineData("/sub//index.html")]
    [InlineData("/out.txt")]
    [InlineData("/outdir/secret.txt")]
    [InlineData("/missing.txt")]
    [InlineData("/a.txt/x")]
    [InlineData("/a.txt/")]
    [InlineData("/a.txt//")]
    [InlineData("/a%2fb.txt")]
    [InlineData("/outdir")]
    [InlineData("/outdir/")]
    [InlineData("//sub")]
    [InlineData("//evil.example/..")]
    [InlineData("/\\sub")]
    [InlineData("/sub%2f")]
    public async Task A_path_that_leads_elsewhere_is_not_found(string path) =>
        Assert.Equal(404, (await RawAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).Status);

    [Fact]
    public async Task A_path_with_an_encoded_nul_is_refused() =>
        Assert.Equal(400, (await RawAsync("GET /a.txt%00.html HTTP/1.1\r\nHost: localhost\r\n\r\n")).Status);

    [Theory]
    [InlineData("bytes=0-3", "0123", "bytes 0-3/10")]
    [InlineData("bytes=4-", "456789", "bytes 4-9/10")]
    [InlineData("bytes=-3", "789", "bytes 7-9/10")]
    [InlineData("bytes=-30", "0123456789", "bytes 0-9/10")]
    [InlineData("bytes=8-99", "89", "bytes 8-9/10")]
    [InlineData("Bytes=9-9", "9", "bytes 9-9/10")]
    public async Task One_range_is_served_as_a_part(string range, string content, string contentRange)
    {
        ReadResponse response = await GetAsync($"Range: {range}");

        Assert.Equal(206, response.Status);
        Assert.Equal(content, response.Content);
        Assert.Equal(contentRange, response.Headers["Content-Range"]);
    }

    [Theory]
    [InlineData("/sub", "/sub/")]
    [InlineData("/sub?a=b&c", "/sub/?a=b&c")]
    [InlineData("/%73ub", "/%73ub/")]
    [InlineData("http://localhost/sub?x", "/sub/?x")]
    public async Task A_directory_without_its_slash_leads_to_itself_and_to_no_host(string target, string location)
    {
        foreach (string method in (string[])["GET", "HEAD"])
        {
            ReadResponse response = await RawAsync($"{method} {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Assert.Equal(301, response.Status);
            Assert.Equal(location, response.Headers["Location"]);
            Assert.Equal("0", response.Headers["Content-Length"]);
        }
    }

    [Fact]
    public async Task A_root_below_another_path_redirects_there()
    {
        await using var live = new LiveServer(new HttpRoutes()
            .Map("GET", "/files/{*path}", new StaticFileEndpoint(Root))
            .Map("GET", "/{first}/{second}/{*path}", new StaticFileEndpoint(Root)));
        Assert.Equal("/files/sub/", (await GetFromAsync("/files/sub")).Headers["Location"]);
        Assert.Equal(404, (await GetFromAsync("//evil.example/sub")).Status);
        Assert.Equal(404, (await GetFromAsync("/\\evil.example/x/sub")).Status);

        Task<ReadResponse> GetFromAsync(string path) =>
            RawAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n", live);
    }

    [Fact]
    public async Task The_index_of_the_root_is_looked_for_at_every_request()
    {
        string index = Path.Combine(Root, "index.html");
        Assert.Equal("Hello", await _client.GetStringAsync("/", LiveServer.Patience));
        await File.WriteAllTextAsync(index, "<p>root", LiveServer.Patience);
        Assert.Equal("<p>root", await _client.GetStringAsync("/", LiveServer.Patience));
        File.Delete(index);
        Assert.Equal("Hello", await _client.GetStringAsync("/", LiveServer.Patience));
    }

    [Fact]
    public async Task A_root_that_is_a_link_is_followed_to_where_it_leads_now()
    {
        string link = Path.Combine(_directory, "current");
        string next = Path.Combine(_directory, "next");
        Directory.CreateDirectory(next);
        await File.WriteAllTextAsync(Path.Combine(next, "a.txt"), "next", LiveServer.Patience);
        Directory.CreateSymbolicLink(link, Root);
        await using var live = new LiveServer(DefaultRoutes.Create(link));
        using HttpClient client = live.CreateClient();
        Assert.Equal("0123456789", await client.GetStringAsync("/a.txt", LiveServer.Patience));

        Directory.Delete(link);
        Directory.CreateSymbolicLink(link, next);

        Assert.Equal("next", await client.GetStringAsync("/a.txt", LiveServer.Patience));
    }

    [Fact]
    public async Task The_root_of_the_machine_can_be_served()
    {
        await using var live = new LiveServer(DefaultRoutes.Create("/"));
        using HttpClient client = live.CreateClient();
        string path = Path.GetFullPath(Path.Combine(Root, "a.txt"));
        Assert.Equal("0123456789", await client.GetStringAsync(path, LiveServer.Patience));
    }

    [Theory]
    [InlineData("bytes=0-1,4-5")]
    [InlineData("bytes=0-,0-,0-,0-,0-,0-,0-,0-")]
    [InlineData("bytes=8-9, 99-")]
    [InlineData("bytes=5-2")]
    [InlineData("bytes=x-")]
    [InlineData("bytes=")]
    [InlineData("lines=1-2")]
    [InlineData("bytes=0-1\r\nRange: bytes=4-5")]
    public async Task A_range_that_is_malformed_or_several_is_ignored(string range)
    {
        ReadResponse response = await GetAsync($"Range: {range}");

        Assert.Equal(200, response.Status);
        Assert.Equal("0123456789", response.Content);
    }

    [Fact]
    public async Task Only_get_has_ranges()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/a.txt");
        request.Headers.Range = new RangeHeaderValue(0, 3);

        HttpResponseMessage response = await _client.SendAsync(request, LiveServer.Patience);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(10, response.Content.Headers.ContentLength);
        Assert.Null(response.Content.Headers.ContentRange);
    }

    [Theory]
    [InlineData("bytes=10-")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=99999999999999999999-")]
    public async Task A_range_past_the_end_is_answered_with_the_length(string range)
    {
        ReadResponse response = await GetAsync($"Range: {range}");

        Assert.Equal(416, response.Status);
        Assert.Equal("bytes */10", response.Headers["Content-Range"]);
    }

    [Theory]
    [InlineData("bytes=-5", 200)]
    [InlineData("bytes=-0", 416)]
    [InlineData("bytes=0-", 416)]
    public async Task The_last_bytes_of_an_empty_file_are_all_of_it(string range, int status)
    {
        ReadResponse response = await RawAsync(
            $"GET /empty.txt HTTP/1.1\r\nHost: localhost\r\nRange: {range}\r\n\r\n");

        Assert.Equal(status, response.Status);
        Assert.Equal("0", response.Headers["Content-Length"]);
    }

    [Fact]
    public async Task Tags_may_stand_in_several_fields_and_a_date_only_in_one()
    {
        string tag = (await GetAsync("X: y")).Headers["ETag"];
        const string then = "Sun, 06 Nov 1994 08:49:37 GMT";
        const string never = "Sun, 06 Nov 2094 08:49:37 GMT";

        Assert.Equal(304, (await GetAsync($"If-None-Match: \"x\"\r\nIf-None-Match: {tag}")).Status);
        Assert.Equal(200, (await GetAsync($"If-Match: \"x\"\r\nIf-Match: {tag}")).Status);
        Assert.Equal(412, (await GetAsync("If-Match: \"x\"\r\nIf-Match: \"y\"")).Status);
        Assert.Equal(200, (await GetAsync($"If-Modified-Since: {never}\r\nIf-Modified-Since: {then}")).Status);
        Assert.Equal(200, (await GetAsync($"If-Unmodified-Since: {then}\r\nIf-Unmodified-Since: {never}")).Status);
        Assert.Equal(
            200, (await GetAsync($"Range: bytes=0-1\r\nIf-Range: {tag}\r\nIf-Range: {tag}")).Status);
    }

    [Fact]
    public async Task A_date_is_good_for_a_part_only_when_its_second_is_over()
    {
        string path = Path.Combine(Root, "a.txt");
        var past = new DateTime(1994, 11, 6, 8, 49, 37, 400, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, past);
        string told = (await GetAsync("X: y")).Headers["Last-Modified"];
        Assert.Equal("Sun, 06 Nov 1994 08:49:37 GMT", told);
        Assert.Equal(206, (await GetAsync($"Range: bytes=0-1\r\nIf-Range: {told}")).Status);

        // Now, and as long as that is this second: a part of what was here a moment ago may be of another file.
        ReadResponse first;
        do
        {
            await File.WriteAllTextAsync(path, "abcdefghij", LiveServer.Patience);
            first = await GetAsync("X: y");
            told = first.Headers["Last-Modified"];
            ReadResponse part = await GetAsync($"Range: bytes=0-1\r\nIf-Range: {told}");
            if (part.Headers["Date"] == told)
                Assert.Equal(200, part.Status);
        }
        while (first.Headers["Date"] != told);
    }

    [Fact]
    public async Task A_file_of_the_future_was_modified_now_at_the_latest()
    {
        File.SetLastWriteTimeUtc(Path.Combine(Root, "a.txt"), DateTime.UtcNow.AddDays(1));

        ReadResponse response = await GetAsync("X: y");

        Assert.Equal(response.Headers["Date"], response.Headers["Last-Modified"]);
        Assert.Equal(200, (await GetAsync($"Range: bytes=0-1\r\nIf-Range: {response.Headers["Date"]}")).Status);
    }

    [Fact]
    public async Task A_client_that_has_the_file_is_not_sent_it_again()
    {
        HttpResponseMessage first = await _client.GetAsync("/a.txt", LiveServer.Patience);
        DateTimeOffset modified = first.Content.Headers.LastModified!.Value;
        EntityTagHeaderValue tag = first.Headers.ETag!;
        var weakTag = new EntityTagHeaderValue(tag.Tag, isWeak: true);

        Assert.Equal(304, await StatusWithAsync(headers => headers.IfNoneMatch.Add(tag)));
        Assert.Equal(304, await StatusWithAsync(headers => headers.IfNoneMatch.Add(weakTag)));
        Assert.Equal(304, await StatusWithAsync(headers => headers.IfModifiedSince = modified));
        Assert.Equal(200, await StatusWithAsync(headers => headers.IfModifiedSince = modified.AddSeconds(-1)));
        Assert.Equal(200, await StatusWithAsync(headers => headers.IfNoneMatch.ParseAdd("\"other\"")));
        Assert.Equal(412, await StatusWithAsync(headers => headers.IfMatch.ParseAdd("\"other\"")));
        Assert.Equal(200, await StatusWithAsync(headers => headers.IfMatch.Add(tag)));
    }

    [Theory]
    [InlineData("Sunday, 06-Nov-94 08:49:37 GMT")]
    [InlineData("Sun Nov  6 08:49:37 1994")]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT")]
    public async Task The_obsolete_forms_of_a_date_are_understood(string date)
    {
        var modified = new DateTime(1994, 11, 6, 8, 49, 37, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(Path.Combine(Root, "a.txt"), modified);

        ReadResponse response = await GetAsync($"If-Modified-Since: {date}");

        Assert.Equal(304, response.Status);
    }

    [Fact]
    public async Task A_part_of_an_older_file_is_not_a_part_of_this_one()
    {
        ReadResponse response = await GetAsync("Range: bytes=0-3\r\nIf-Range: \"old\"");

        Assert.Equal(200, response.Status);
    }

    private async Task<int> StatusWithAsync(Action<HttpRequestHeaders> add)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/a.txt");
        add(request.Headers);
        return (int)(await _client.SendAsync(request, LiveServer.Patience)).StatusCode;
    }

    /// <summary>The file, asked for with these header lines exactly as they are written.</summary>
    private Task<ReadResponse> GetAsync(string headers) =>
        RawAsync($"GET /a.txt HTTP/1.1\r\nHost: localhost\r\n{headers}\r\nConnection: close\r\n\r\n");

    private async Task<ReadResponse> RawAsync(string request, LiveServer? live = null)
    {
        using var socket = new RawClient((live ?? _live).Port);
        await socket.SendAsync(request);
        socket.FinishSending();
        bool head = request.StartsWith("HEAD", StringComparison.Ordinal);
        return ResponseReader.ReadAll(await socket.ReadToEndAsync(), head)[0];
    }
}
