using System.Net;
using System.Text;

namespace Penstock.Http.Tests.Live;

/// <summary>Asynchronous handlers on real loops, with a client that was not written here.</summary>
public sealed class AsyncHandlerTests
{
    [Fact]
    public async Task A_handler_resumes_on_the_thread_it_began_on()
    {
        TestIo.SkipIfOneAtATime();
        await using var live = new LiveServer(new HttpRoutes().Map("GET", "/", async exchange =>
        {
            int before = Environment.CurrentManagedThreadId;
            await Task.Delay(20);
            await Task.Yield();
            exchange.Response.Send(Encoding.ASCII.GetBytes($"{before == Environment.CurrentManagedThreadId}"));
        }));
        using HttpClient client = live.CreateClient();

        string[] answers = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => client.GetStringAsync("/", LiveServer.Patience)));

        Assert.All(answers, answer => Assert.Equal("True", answer));
    }

    [Fact]
    public async Task A_body_that_is_read_slowly_arrives_whole_and_comes_back()
    {
        await using var live = new LiveServer(new HttpRoutes().Map("POST", "/", EchoAsync));
        using var client = new RawClient(live.Port);
        byte[] body = new byte[8_000_000];
        new Random(1).NextBytes(body);

        // Sends and reads at once. HttpClient reads nothing before it has sent all, so that both ends would wait for
        // the other as soon as the kernel's buffers are full.
        Task sending = SendAsync();
        string answer = await client.ReadToEndAsync();
        await sending;

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        int start = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        Assert.Equal(body, Encoding.Latin1.GetBytes(answer[start..]));

        async Task SendAsync()
        {
            await client.SendAsync($"POST / HTTP/1.0\r\nContent-Length: {body.Length}\r\n\r\n");
            await client.SendAsync(body);
        }
    }

    [Fact]
    public async Task A_request_behind_an_unanswered_one_waits_for_it()
    {
        await using var live = new LiveServer(new HttpRoutes()
            .Map("GET", "/slow", async exchange =>
            {
                await Task.Delay(50);
                exchange.Response.Send("slow"u8);
            })
            .Map("GET", "/fast", exchange => exchange.Response.Send("fast"u8)));
        using var socket = new RawClient(live.Port);
        await socket.SendAsync(
            "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"
            + "GET /fast HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        string answer = await socket.ReadToEndAsync();

        int slow = answer.IndexOf("slow", StringComparison.Ordinal);
        int fast = answer.IndexOf("fast", StringComparison.Ordinal);
        Assert.True(slow < fast, answer);
    }

    [Fact]
    public async Task A_handler_that_fails_after_a_wait_is_answered_500()
    {
        await using var live = new LiveServer(new HttpRoutes().Map("GET", "/", async _ =>
        {
            await Task.Yield();
            throw new InvalidOperationException("on purpose");
        }));
        using HttpClient client = live.CreateClient();

        HttpResponseMessage response = await client.GetAsync("/", LiveServer.Patience);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    [Fact]
    public async Task A_handler_whose_client_leaves_learns_it_where_it_waits()
    {
        var failure = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var live = new LiveServer(new HttpRoutes().Map("POST", "/", async exchange =>
        {
            try
            {
                byte[] buffer = new byte[100];
                await exchange.ReadBodyAsync(buffer);
                reading.SetResult();
                await exchange.ReadBodyAsync(buffer);
            }
            catch (Exception exception)
            {
                failure.SetResult(exception);
                throw;
            }
        }));
        var socket = new RawClient(live.Port);
        await socket.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");
        await reading.Task.WaitAsync(LiveServer.Patience);

        socket.Reset();

        Assert.IsType<IncompleteBodyException>(await failure.Task.WaitAsync(LiveServer.Patience));
    }

    [Fact]
    public async Task A_long_response_waits_for_its_reader()
    {
        long most = 0;
        await using var live = new LiveServer(new HttpRoutes().Map("GET", "/", async exchange =>
        {
            exchange.Response.Start(null);
            byte[] piece = new byte[64 * 1024];
            long unread = 0;
            for (int i = 0; i < 400; i++)
            {
                exchange.Response.Write(piece);
                unread = exchange.Response.WantsMore ? 0 : unread + piece.Length;
                most = Math.Max(most, unread);
                await exchange.FlushAsync();
            }
        }));
        using HttpClient client = live.CreateClient();

        await using Stream body = await client.GetStreamAsync("/", LiveServer.Patience);
        long total = 0;
        byte[] buffer = new byte[100_000];
        for (int count; (count = await body.ReadAsync(buffer, LiveServer.Patience)) > 0;)
            total += count;

        Assert.Equal(400 * 64 * 1024, total);
        Assert.True(most <= 64 * 1024, $"{most} bytes written beyond the high mark");
    }

    private static async ValueTask EchoAsync(HttpExchange exchange)
    {
        byte[] buffer = new byte[30_000];
        exchange.Response.Start(null);
        for (int count; (count = await exchange.ReadBodyAsync(buffer)) > 0;)
        {
            exchange.Response.Write(buffer.AsSpan(0, count));
            await exchange.FlushAsync();
        }
    }
}
