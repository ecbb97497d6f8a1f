using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Penstock.Kestrel.Tests;

public sealed class StallDetectorTests
{
    private static CancellationToken Canceled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(100)]
    [InlineData(2)]
    public async Task A_handler_that_blocks_its_loop_is_named_while_it_does_and_measured_afterwards(int threshold)
    {
        using var release = new ManualResetEventSlim();
        var messages = new RecordedMessages();
        double measured = 0;
        string? thread = null;
        await using TestServer server = await TestServer.StartAsync(
            TransportKind.Inline,
            context =>
            {
                thread = Thread.CurrentThread.Name;
                if (context.Request.Path == "/block")
                    release.Wait(Canceled);
                return Task.CompletedTask;
            },
            configure: builder =>
            {
                builder.Logging.AddProvider(messages);
                SetThreshold(builder, TimeSpan.FromMilliseconds(threshold));
            });
        using MeterListener meters = Listen(
            server.Services.GetRequiredService<IMeterFactory>(), seconds => Volatile.Write(ref measured, seconds));
        using RawClient client = await server.ConnectAsync();

        // The first may be served where the connection was set up. After one on the loop the next is there too.
        for (int i = 0; i < 100 && thread?.StartsWith("penstock-loop", StringComparison.Ordinal) != true; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.ReadResponseAsync();
        }

        await client.SendAsync("GET /block HTTP/1.1\r\nHost: a\r\n\r\n");
        string endPoint = $"127.0.0.1:{server.Port}";
        try
        {
            await Deadline.Until(
                () => messages.Contains(endPoint, "still does"), "the stall is reported while it lasts");
        }
        finally
        {
            release.Set();
        }

        await client.ReadResponseAsync();

        await Deadline.Until(() => messages.Contains(endPoint, "let go of loop"), "the end is reported");
        Assert.InRange(Volatile.Read(ref measured), threshold / 1_000.0, 60);
    }

    /// <summary>Code that came back to the loop as posted work would not be seen.</summary>
    [Fact]
    public async Task After_an_await_a_handler_no_longer_holds_its_loop()
    {
        var resumed = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = await TestServer.StartAsync(
            TransportKind.Inline,
            async context =>
            {
                if (context.Request.Path != "/await")
                    return;
                await Task.Delay(1, Canceled);
                resumed.SetResult(Thread.CurrentThread.Name);
            });
        using RawClient client = await server.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.ReadResponseAsync();
        }

        await client.SendAsync("GET /await HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadResponseAsync();
        string? thread = await resumed.Task.Within();
        Assert.False(thread?.StartsWith("penstock-loop", StringComparison.Ordinal) == true, thread);
    }

    [Fact]
    public async Task Handlers_that_come_back_are_not_reported()
    {
        // A loop that a busy machine keeps from running for so long would look held as well.
        TimeSpan threshold = TimeSpan.FromSeconds(3);
        var messages = new RecordedMessages();
        await using TestServer server = await TestServer.StartAsync(
            TransportKind.Inline,
            async context =>
            {
                await Task.Delay(threshold * 1.25, Canceled);
                await context.Response.WriteAsync("x", Canceled);
            },
            configure: builder =>
            {
                builder.Logging.AddProvider(messages);
                SetThreshold(builder, threshold);
            });
        using HttpClient client = server.CreateClient();

        await client.GetStringAsync("", Canceled);

        Assert.False(messages.Contains("has held loop"));
    }

    private static void SetThreshold(WebApplicationBuilder builder, TimeSpan threshold) =>
        builder.Services.Configure<PenstockTransportOptions>(options => options.StallWarningThreshold = threshold);

    private static MeterListener Listen(IMeterFactory factory, Action<double> measured)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                bool durations = instrument.Name == "penstock.kestrel.loop_stall.duration";
                if (durations && ReferenceEquals(instrument.Meter.Scope, factory))
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => measured(value));
        listener.Start();
        return listener;
    }
}
