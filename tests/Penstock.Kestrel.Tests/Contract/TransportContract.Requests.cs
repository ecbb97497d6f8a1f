using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Penstock.Kestrel.Tests;

public abstract partial class TransportContract
{
    [Theory]
    [InlineData("GET", 0)]
    [InlineData("POST", 1)]
    [InlineData("PUT", 4_096)]
    [InlineData("POST", 65_537)]
    [InlineData("POST", 3_000_000)]
    public async Task A_request_of_every_size_is_answered(string method, int length)
    {
        await using TestServer server = await TestServer.StartAsync(Kind, DescribeAsync);
        using HttpClient client = server.CreateClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), "some/path?a=b");
        if (length > 0)
            request.Content = new ByteArrayContent(new byte[length]);

        using HttpResponseMessage response = await client.SendAsync(request, Canceled);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal($"{method} /some/path?a=b {length}", await response.Content.ReadAsStringAsync(Canceled));
    }

    [Fact]
    public async Task What_a_request_keeps_in_its_context_is_not_seen_by_the_next()
    {
        var local = new AsyncLocal<string?>();
        await using TestServer server = await TestServer.StartAsync(Kind, async context =>
        {
            string seen = local.Value ?? "nothing";
            local.Value = "from the request before";
            if (context.Request.Path == "/await")
                await Task.Yield();
            await context.Response.WriteAsync(seen, Canceled);
        });
        for (int connection = 0; connection < 3; connection++)
        {
            using RawClient client = await server.ConnectAsync();
            for (int request = 0; request < 6; request++)
            {
                // Two at once are answered without a wait between them.
                string path = request % 2 == 0 ? "/" : "/await";
                string text = $"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n";
                await client.SendAsync(text + text);
                Assert.Contains("\r\nnothing\r\n", await client.ReadResponseAsync());
                Assert.Contains("\r\nnothing\r\n", await client.ReadResponseAsync());
            }
        }
    }

    [Fact]
    public async Task A_chunked_request_is_read_whole()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, DescribeAsync);
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        await client.SendAsync("5\r\nhello\r\n");
        await client.SendAsync("6\r\n world\r\n0\r\n\r\n");

        Assert.EndsWith("POST / 11", await client.ReadResponseAsync());
    }

    [Fact]
    public async Task A_request_may_arrive_one_byte_at_a_time()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, DescribeAsync);
        using RawClient client = await server.ConnectAsync();

        foreach (byte b in Encoding.ASCII.GetBytes("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"))
            await client.SendAsync(new[] { b });

        Assert.EndsWith("POST /slow 3", await client.ReadResponseAsync());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(100)]
    [InlineData(5_000)]
    public async Task Pipelined_requests_are_answered_in_order(int count)
    {
        await using TestServer server = await TestServer.StartAsync(Kind, DescribeAsync);
        using RawClient client = await server.ConnectAsync();
        var requests = new StringBuilder();
        for (int i = 0; i < count; i++)
            requests.Append(System.Globalization.CultureInfo.InvariantCulture, $"GET /{i} HTTP/1.1\r\nHost: a\r\n\r\n");

        Task sending = client.SendAsync(requests.ToString());

        for (int i = 0; i < count; i++)
            Assert.EndsWith($"GET /{i} 0", await client.ReadResponseAsync());
        await sending;
    }

    [Fact]
    public async Task Pipelined_requests_that_leave_their_thread_are_answered_in_order()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, async context =>
        {
            await Task.Yield();
            await DescribeAsync(context);
        });
        using RawClient client = await server.ConnectAsync();
        IEnumerable<string> requests = Enumerable.Range(0, 200).Select(i => $"GET /{i} HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.SendAsync(string.Concat(requests));

        for (int i = 0; i < 200; i++)
            Assert.EndsWith($"GET /{i} 0", await client.ReadResponseAsync());
    }

    [Fact]
    public async Task A_reply_that_was_flushed_arrives_although_another_request_waits_behind_it()
    {
        TaskCompletionSource release = NewSignal();
        await using TestServer server = await TestServer.StartAsync(Kind, async context =>
        {
            await context.Response.WriteAsync("first part", Canceled);
            await context.Response.Body.FlushAsync(Canceled);
            await release.Task;
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Contains("first part", await client.ReadUntilAsync("first part"));
        release.SetResult();
        Assert.Contains("first part", await client.ReadUntilAsync("first part"));
    }

    [Fact]
    public async Task Requests_on_one_connection_keep_its_id_and_connections_differ()
    {
        await using TestServer server = await TestServer.StartAsync(
            Kind, context => context.Response.WriteAsync(context.Connection.Id, Canceled));
        using HttpClient one = server.CreateClient(), other = server.CreateClient();

        string first = await one.GetStringAsync("", Canceled);
        string second = await one.GetStringAsync("", Canceled);
        string third = await other.GetStringAsync("", Canceled);

        Assert.Equal(first, second);
        Assert.NotEqual(first, third);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")]
    [InlineData("GET / HTTP/1.0\r\n\r\n")]
    public async Task A_connection_that_is_not_kept_alive_ends_with_FIN_after_its_reply(string request)
    {
        await using TestServer server = await TestServer.StartAsync(Kind, DescribeAsync);
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync(request);

        Assert.EndsWith("GET / 0", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_large_reply_before_the_end_arrives_whole()
    {
        byte[] body = new byte[3_000_000];
        Pattern.Fill(body, 0);
        await using TestServer server = await TestServer.StartAsync(Kind, context =>
        {
            context.Response.Headers.Connection = "close";
            context.Response.ContentLength = body.Length;
            return context.Response.Body.WriteAsync(body, Canceled).AsTask();
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        string all = await client.ReadToEndAsync();

        Assert.True(Pattern.Matches(Encoding.Latin1.GetBytes(all[^body.Length..]), 0));
    }

    [Fact]
    public async Task A_malformed_request_is_answered_with_400_and_the_end()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, DescribeAsync);
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_client_that_finished_sending_still_gets_its_reply()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, DescribeAsync);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("GET /half HTTP/1.1\r\nHost: a\r\n\r\n");
        string reply = await client.ReadResponseAsync();

        client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);

        Assert.EndsWith("GET /half 0", reply);
        Assert.Equal("", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_client_is_told_to_continue_before_it_sends_the_body()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, DescribeAsync);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 100", await client.ReadUntilAsync("\r\n\r\n"));
        await client.SendAsync("body");

        Assert.EndsWith("POST / 4", await client.ReadResponseAsync());
    }

    [Fact]
    public async Task Memory_of_the_reply_may_be_kept_across_an_await()
    {
        // Every reply is written in two halves with other traffic between them: memory that went back too early would
        // carry somebody else's bytes.
        await using TestServer server = await TestServer.StartAsync(Kind, async context =>
        {
            byte mark = (byte)context.Request.Path.Value![1];
            await context.Response.StartAsync(Canceled);
            Memory<byte> memory = context.Response.BodyWriter.GetMemory(2_000);
            memory.Span[..1_000].Fill(mark);
            await Task.Delay(1, Canceled);
            memory.Span[1_000..2_000].Fill(mark);
            context.Response.BodyWriter.Advance(2_000);
            await context.Response.BodyWriter.FlushAsync(Canceled);
        });
        using HttpClient client = server.CreateClient();

        await Parallel.ForAsync(0, 400, Canceled, async (i, token) =>
        {
            char mark = (char)('a' + (i % 26));
            Assert.Equal(new string(mark, 2_000), await client.GetStringAsync($"{mark}", token));
        });
    }

    [Fact]
    public async Task Many_connections_at_once_are_served()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, DescribeAsync);
        using HttpClient client = server.CreateClient();
        client.DefaultRequestHeaders.ConnectionClose = true;

        string[] answers = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(i => client.GetStringAsync($"{i}", Canceled)));

        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"GET /{i} 0"), answers);
    }

    [Fact]
    public async Task Headers_of_many_kilobytes_arrive()
    {
        await using TestServer server = await TestServer.StartAsync(
            Kind, context => context.Response.WriteAsync(context.Request.Headers["X-Long"].ToString(), Canceled));
        using HttpClient client = server.CreateClient();
        string value = new('v', 20_000);
        client.DefaultRequestHeaders.Add("X-Long", value);
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("*/*"));

        Assert.Equal(value, await client.GetStringAsync("", Canceled));
    }
}
