using System.Text;

namespace Penstock.Http.Tests.Live;

/// <summary>
/// Every way in which a body ends other than whole. None of them may look like its end: a handler that read a part
/// would keep it for the whole.
/// </summary>
public sealed class BodyEndTests
{
    private const string Chunked = "Transfer-Encoding: chunked\r\n\r\n";

    /// <summary>What the client does wrong, in words; <see cref="CutOffAsync"/> does it.</summary>
    public static TheoryData<string, string> Ways => new()
    {
        { "reset", "ConnectionEnded" },
        { "FIN within a length", "PeerFinished" },
        { "FIN within a chunk", "PeerFinished" },
        { "FIN before the last chunk", "PeerFinished" },
        { "FIN before the end of the trailers", "PeerFinished" },
        { "a broken chunk size", "Malformed" },
        { "a broken chunk end", "Malformed" },
        { "a broken trailer", "Malformed" },
        { "a long trailer", "TooLarge" },
        { "chunks over the limit", "TooLarge" },
        { "too slow", "TooSlow" },
        { "idle", "TooSlow" },
        { "the server stops at once", "ServerShutdown" },
        { "the server stops after its time", "ServerShutdown" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_reading_handler_learns_that_the_body_is_not_whole(string way, string reason)
    {
        var outcome = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LiveServer live = Start(way, new HttpRoutes().Map("POST", "/", async exchange =>
        {
            outcome.TrySetResult(await ReadToEndAsync(exchange));
            exchange.Response.Send("read"u8);
        }));

        await CutOffAsync(live, way, () => outcome.Task.WaitAsync(LiveServer.Patience));

        Assert.Equal(reason, await outcome.Task.WaitAsync(LiveServer.Patience));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_handler_that_reads_later_learns_it_then(string way, string reason)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var later = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var outcome = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LiveServer live = Start(way, new HttpRoutes().Map("POST", "/", async exchange =>
        {
            // One read waits; what it learns is to be told again to whoever reads after it.
            string first = await ReadToEndAsync(exchange);
            begun.SetResult();
            await later.Task;
            string second = await ReadToEndAsync(exchange);
            outcome.TrySetResult(first == second ? second : $"{first}, then {second}");
        }));

        await CutOffAsync(live, way, async () =>
        {
            await begun.Task.WaitAsync(LiveServer.Patience);
            later.SetResult();
        });

        Assert.Equal(reason, await outcome.Task.WaitAsync(LiveServer.Patience));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task An_endpoint_hears_exactly_once_that_the_body_is_not_whole(string way, string reason)
    {
        var endpoint = new RecordingEndpoint();
        await using (LiveServer live = Start(way, new HttpRoutes().Map("POST", "/", endpoint)))
            await CutOffAsync(live, way, () => endpoint.Ended);

        Assert.Equal([$"aborted {reason}"], endpoint.Ends);
    }

    [Theory]
    [InlineData("Content-Length: 5\r\n\r\nHello")]
    [InlineData(Chunked + "5\r\nHello\r\n0\r\nX: y\r\n\r\n")]
    [InlineData("\r\n")]
    public async Task An_endpoint_hears_exactly_once_that_the_body_is_whole(string request)
    {
        foreach (string answer in (string[])["request", "body", "end"])
        {
            var endpoint = new RecordingEndpoint { AnswersAt = answer };
            await using (var live = new LiveServer(new HttpRoutes().Map("POST", "/", endpoint)))
            {
                using var client = new RawClient(live.Port);
                await client.SendAsync($"POST / HTTP/1.1\r\nHost: localhost\r\n{request}");
                await endpoint.Ended;
            }

            Assert.Equal(["whole"], endpoint.Ends);
        }
    }

    [Fact]
    public async Task A_handler_that_answers_before_it_has_read_everything_is_not_told_that_it_has()
    {
        var outcome = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var live = new LiveServer(new HttpRoutes().Map("POST", "/", async exchange =>
        {
            exchange.Response.Send("enough"u8);
            outcome.TrySetResult(await ReadToEndAsync(exchange));
        }));
        using var client = new RawClient(live.Port);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");

        Assert.Equal("Answered", await outcome.Task.WaitAsync(LiveServer.Patience));
    }

    [Fact]
    public async Task A_whole_body_stays_whole_when_the_client_leaves_behind_it()
    {
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var outcome = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var live = new LiveServer(new HttpRoutes().Map("POST", "/", async exchange =>
        {
            string first = await ReadToEndAsync(exchange);
            read.SetResult();
            await left.Task;
            string second = await ReadToEndAsync(exchange);
            outcome.TrySetResult($"{first} {second}");
        }));
        var client = new RawClient(live.Port);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc");
        await read.Task.WaitAsync(LiveServer.Patience);
        client.Reset();
        left.SetResult();

        Assert.Equal("whole whole", await outcome.Task.WaitAsync(LiveServer.Patience));
    }

    private static LiveServer Start(string way, HttpRoutes routes)
    {
        var http = new HttpOptions { MaxBodyBytes = 1_000, MaxHeadBytes = 8_192 };
        var options = new ServerOptions();
        switch (way)
        {
            case "too slow":
                http.BodyTimeout = TimeSpan.FromMilliseconds(300);
                break;
            case "idle":
                options.IdleTimeout = TimeSpan.FromMilliseconds(300);
                break;
            case "the server stops after its time":
                options.ShutdownTimeout = TimeSpan.FromMilliseconds(300);
                break;
        }

        return new LiveServer(routes, options, http);
    }

    /// <summary>Begins an upload and ends it in one of the ways; the client reads what it is answered.</summary>
    private static async Task CutOffAsync(LiveServer live, string way, Func<Task>? before = null)
    {
        using var client = new RawClient(live.Port);
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: localhost\r\n{BodyOf(way)}");
        if (way.StartsWith("FIN", StringComparison.Ordinal))
            client.FinishSending();
        if (way == "reset")
        {
            await live.RequestsAsync(1);
            client.Reset();
        }

        if (way.StartsWith("the server", StringComparison.Ordinal))
        {
            await live.RequestsAsync(1);
            bool atOnce = way.EndsWith("at once", StringComparison.Ordinal);
            await live.Server.StopAsync(new CancellationToken(atOnce));
        }

        if (before is not null)
            await before();
    }

    private static string BodyOf(string way) => way switch
    {
        "FIN within a chunk" => Chunked + "5\r\nHel",
        "FIN before the last chunk" => Chunked + "5\r\nHello\r\n",
        "FIN before the end of the trailers" => Chunked + "5\r\nHello\r\n0\r\nX: y\r\n",
        "a broken chunk size" => Chunked + "5\r\nHello\r\nx\r\n",
        "a broken chunk end" => Chunked + "5\r\nHello!",
        "a broken trailer" => Chunked + "5\r\nHello\r\n0\r\nnonsense\r\n\r\n",
        "a long trailer" => Chunked + "5\r\nHello\r\n0\r\nX: " + new string('x', 10_000),
        "chunks over the limit" => Chunked + "5\r\nHello\r\n3e8\r\n",
        _ => "Content-Length: 10\r\n\r\nHello",
    };

    /// <summary>How a body ended, as whoever reads it sees it.</summary>
    private static async Task<string> ReadToEndAsync(HttpExchange exchange)
    {
        byte[] buffer = new byte[100];
        try
        {
            while (await exchange.ReadBodyAsync(buffer) > 0)
            {
            }

            return "whole";
        }
        catch (IncompleteBodyException exception)
        {
            return exception.Reason.ToString();
        }
    }

    private sealed class RecordingEndpoint : HttpEndpoint
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<string> Ends { get; } = [];

        public string AnswersAt { get; init; } = "";

        public Task Ended => _ended.Task.WaitAsync(LiveServer.Patience);

        public override void OnRequest(HttpExchange exchange) => Answer(exchange, "request");

        public override int OnBody(HttpExchange exchange, ReadOnlySpan<byte> piece)
        {
            Answer(exchange, "body");
            return piece.Length;
        }

        public override void OnBodyEnd(HttpExchange exchange)
        {
            Ends.Add("whole");
            if (!exchange.Response.IsComplete)
                exchange.Response.Send("whole"u8);
            _ended.TrySetResult();
        }

        public override void OnAborted(HttpExchange exchange)
        {
            Ends.Add($"aborted {exchange.BodyFailure}");
            _ended.TrySetResult();
        }

        private void Answer(HttpExchange exchange, string moment)
        {
            if (AnswersAt == moment)
                exchange.Response.Send(Encoding.ASCII.GetBytes(moment));
        }
    }
}
