using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Penstock.Kestrel.Tests;

public abstract partial class TransportContract
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_leaves_cancels_its_request(bool reset)
    {
        var request = new EndlessRequest();
        await using TestServer server = await TestServer.StartAsync(Kind, request.RunAsync);
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await request.Started.Within();

        if (reset)
            client.Reset();
        else
            client.Dispose();

        await request.Aborted.Within();
        Assert.True(request.Aborted.IsCompletedSuccessfully);
    }

    [Theory]
    [InlineData(true, typeof(IOException))]
    [InlineData(false, typeof(BadHttpRequestException))]
    public async Task A_client_that_leaves_in_the_middle_of_an_upload_fails_the_read(bool reset, Type expected)
    {
        TaskCompletionSource<Exception?> failure = NewSignal<Exception?>();
        TaskCompletionSource started = NewSignal();
        await using TestServer server = await TestServer.StartAsync(Kind, async context =>
        {
            started.SetResult();
            failure.SetResult(
                await Record.ExceptionAsync(() => context.Request.Body.CopyToAsync(Stream.Null, Canceled)));
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nonly this");
        await started.Task.Within();

        if (reset)
            client.Reset();
        else
            client.Socket.Shutdown(SocketShutdown.Send);

        Assert.IsAssignableFrom(expected, await failure.Task.Within());
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_of_a_download_ends_the_writing()
    {
        TaskCompletionSource ended = NewSignal();
        await using TestServer server = await TestServer.StartAsync(Kind, async context =>
        {
            byte[] chunk = new byte[64 * 1024];
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(chunk, Canceled);
            ended.SetResult();
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadAsync(100_000);

        client.Reset();

        await ended.Task.Within();
        Assert.True(ended.Task.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task An_aborted_request_resets_its_connection()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, async context =>
        {
            await context.Response.WriteAsync("some of it", Canceled);
            context.Abort();
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(SocketError.ConnectionReset, await client.ReadToErrorAsync());
    }

    [Fact]
    public async Task A_handler_that_throws_in_the_middle_of_its_reply_resets_the_connection()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, async context =>
        {
            context.Response.ContentLength = 1_000;
            await context.Response.WriteAsync("some of it", Canceled);
            throw new InvalidOperationException("The handler fails.");
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        string received = "";
        SocketError error;
        try
        {
            received = await client.ReadToEndAsync();
            error = SocketError.Success;
        }
        catch (SocketException exception)
        {
            error = exception.SocketErrorCode;
        }

        // Kestrel ends it gracefully or not, but never as a whole reply.
        Assert.DoesNotContain(new string('\0', 990), received);
        Assert.True(error is SocketError.Success or SocketError.ConnectionReset);
    }

    [Fact]
    public async Task A_handler_that_throws_before_its_reply_is_answered_with_500_and_the_connection_goes_on()
    {
        await using TestServer server = await TestServer.StartAsync(
            Kind,
            context => context.Request.Path == "/ok"
                ? DescribeAsync(context)
                : throw new InvalidOperationException("The handler fails."));
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("GET /bad HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 500", await client.ReadResponseAsync());
        await client.SendAsync("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.EndsWith("GET /ok 0", await client.ReadResponseAsync());
    }

    [Fact]
    public async Task An_aborted_connection_ends_its_reads_and_its_token()
    {
        TaskCompletionSource closed = NewSignal();
        TaskCompletionSource<Exception?> failure = NewSignal<Exception?>();
        await using TestServer server = await ServeAsync(async connection =>
        {
            connection.ConnectionClosed.Register(closed.SetResult);
            connection.Transport.Input.AdvanceTo((await connection.Transport.Input.ReadAsync(Canceled)).Buffer.End);
            connection.Abort(new ConnectionAbortedException("enough"));
            failure.SetResult(
                await Record.ExceptionAsync(() => connection.Transport.Input.ReadAsync(Canceled).AsTask()));
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("x");

        Assert.Equal("enough", Assert.IsType<ConnectionAbortedException>(await failure.Task.Within()).Message);
        await closed.Task.Within();
        Assert.Equal(SocketError.ConnectionReset, await client.ReadToErrorAsync());
    }

    [Fact]
    public async Task A_peers_reset_is_a_ConnectionResetException()
    {
        TaskCompletionSource<Exception?> failure = NewSignal<Exception?>();
        TaskCompletionSource running = NewSignal();
        await using TestServer server = await ServeAsync(async connection =>
        {
            running.SetResult();
            failure.SetResult(
                await Record.ExceptionAsync(() => connection.Transport.Input.ReadAsync(Canceled).AsTask()));
        });
        using RawClient client = await server.ConnectAsync();
        await running.Task.Within();

        client.Reset();

        Assert.IsType<ConnectionResetException>(await failure.Task.Within());
    }

    [Fact]
    public async Task A_peers_FIN_completes_the_input_and_the_output_goes_on()
    {
        await using TestServer server = await ServeAsync(async connection =>
        {
            while (!(await connection.Transport.Input.ReadAsync(Canceled)).IsCompleted)
                connection.Transport.Input.AdvanceTo(default);
            await connection.Transport.Output.WriteAsync("goodbye"u8.ToArray(), Canceled);
        });
        using RawClient client = await server.ConnectAsync();

        client.Socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("goodbye", await client.ReadToEndAsync());
    }

    [Fact]
    public Task An_output_completed_with_an_error_resets_the_connection() => AssertResetByAsync(
        connection => connection.Transport.Output.Complete(new InvalidOperationException("The application failed.")));

    [Fact]
    public Task The_lifetime_feature_aborts_too() => AssertResetByAsync(
        connection => connection.Features.Get<IConnectionLifetimeFeature>()!.Abort());

    [Fact]
    public async Task Reads_and_flushes_can_be_cancelled()
    {
        TaskCompletionSource<string> outcome = NewSignal<string>();
        await using TestServer server = await ServeAsync(async connection =>
        {
            PipeReader input = connection.Transport.Input;
            ValueTask<ReadResult> pending = input.ReadAsync(Canceled);
            input.CancelPendingRead();
            bool first = (await pending).IsCanceled;
            input.AdvanceTo(default);

            using var source = new CancellationTokenSource();
            Task<ReadResult> byToken = input.ReadAsync(source.Token).AsTask();
            await source.CancelAsync();
            bool second = await Record.ExceptionAsync(() => byToken) is OperationCanceledException;

            connection.Transport.Output.CancelPendingFlush();
            bool third = (await connection.Transport.Output.FlushAsync(Canceled)).IsCanceled;
            outcome.SetResult($"{first} {second} {third}");
        });
        using RawClient client = await server.ConnectAsync();

        Assert.Equal("True True True", await outcome.Task.Within());
    }

    [Fact]
    public async Task A_flush_that_waits_for_a_stuck_client_ends_when_cancelled()
    {
        TaskCompletionSource<bool> canceled = NewSignal<bool>();
        await using TestServer server = await ServeAsync(async connection =>
        {
            PipeWriter output = connection.Transport.Output;
            byte[] chunk = new byte[1024 * 1024];
            Task<FlushResult> flush;
            do
            {
                flush = output.WriteAsync(chunk, Canceled).AsTask();
                await Task.WhenAny(flush, Task.Delay(1_000, Canceled));
            }
            while (flush.IsCompleted);
            output.CancelPendingFlush();
            canceled.SetResult((await flush).IsCanceled);
            connection.Abort();
        });
        using RawClient client = await server.ConnectAsync();

        Assert.True(await canceled.Task.Within());
        Assert.Equal(SocketError.ConnectionReset, await client.ReadToErrorAsync());
    }

    [Fact]
    public async Task What_the_application_throws_when_a_connection_ends_ends_nothing_else()
    {
        TaskCompletionSource thrown = NewSignal();
        await using TestServer server = await ServeAsync(async connection =>
        {
            connection.ConnectionClosed.Register(() =>
            {
                thrown.TrySetResult();
                throw new InvalidOperationException("The application's own.");
            });
            ReadResult read = await connection.Transport.Input.ReadAsync(Canceled);
            await connection.Transport.Output.WriteAsync(read.Buffer.ToArray(), Canceled);
        });
        using (RawClient client = await server.ConnectAsync())
            await client.SendAsync("x");
        await thrown.Task.Within();

        using RawClient next = await server.ConnectAsync();
        await next.SendAsync("y");

        Assert.Equal("y", await next.ReadAsync(1));
    }

    private async Task AssertResetByAsync(Action<ConnectionContext> end)
    {
        await using TestServer server = await ServeAsync(async connection =>
        {
            await connection.Transport.Input.ReadAsync(Canceled);
            end(connection);
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("x");

        Assert.Equal(SocketError.ConnectionReset, await client.ReadToErrorAsync());
    }
}
