using System.Net;
using System.Net.Http.Headers;
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
    [InlineData("/sub", "text/html; charset=utf-8", "<p>sub")]
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
    public async Task A_path_that_leads_elsewhere_is_not_found(string path) =>
        Assert.Equal(404, (await RawAsync($"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).Status);

    [Fact]
    public async Task A_path_with_an_encoded_nul_is_refused() =>
        Assert.Equal(400, (await RawAsync("GET /a.txt%00.html HTTP/1.1\r\nHost: a\r\n\r\n")).Status);

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
    [InlineData("bytes=0-1,4-5")]
    [InlineData("bytes=0-,0-,0-,0-,0-,0-,0-,0-")]
    [InlineData("bytes=8-9, 99-")]
    [InlineData("bytes=5-2")]
    [InlineData("bytes=x-")]
    [InlineData("bytes=")]
    [InlineData("lines=1-2")]
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
        RawAsync($"GET /a.txt HTTP/1.1\r\nHost: a\r\n{headers}\r\nConnection: close\r\n\r\n");

    private async Task<ReadResponse> RawAsync(string request)
    {
        using var socket = new RawClient(_live.Port);
        await socket.SendAsync(request);
        socket.FinishSending();
        return ResponseReader.ReadAll(await socket.ReadToEndAsync())[0];
    }
}
