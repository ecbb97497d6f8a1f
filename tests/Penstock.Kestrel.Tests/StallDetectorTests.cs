using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Penstock.Kestrel.Tests;

public sealed class StallDetectorTests
{
    private static CancellationToken Canceled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_handler_that_blocks_its_loop_is_named_while_it_does_and_measured_afterwards()
    {
        using var release = new ManualResetEventSlim();
        var messages = new RecordedMessages();
        double measured = 0;
        await using TestServer server = await TestServer.StartAsync(
            TransportKind.Inline,
            context =>
            {
                if (context.Request.Path == "/block")
                    release.Wait(Canceled);
                return Task.CompletedTask;
            },
            configure: builder =>
            {
                builder.Logging.AddProvider(messages);
                builder.Services.Configure<PenstockTransportOptions>(options => options.StallWarningThreshold = TimeSpan.FromMilliseconds(100));
            });
        using MeterListener meters = Listen(
            server.Services.GetRequiredService<IMeterFactory>(), seconds => Volatile.Write(ref measured, seconds));
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadResponseAsync();

        await client.SendAsync("GET /block HTTP/1.1\r\nHost: a\r\n\r\n");
        await Deadline.Until(() => messages.Contains($"127.0.0.1:{server.Port}", "still does"), "the stall is reported while it lasts");
        release.Set();
        await client.ReadResponseAsync();

        await Deadline.Until(() => messages.Contains($"127.0.0.1:{server.Port}", "let go of loop"), "the end is reported");
        Assert.InRange(Volatile.Read(ref measured), 0.1, 60);
    }

    [Fact]
    public async Task Handlers_that_come_back_are_not_reported()
    {
        var messages = new RecordedMessages();
        await using TestServer server = await TestServer.StartAsync(
            TransportKind.Inline,
            async context =>
            {
                await Task.Delay(250, Canceled);
                await context.Response.WriteAsync("x", Canceled);
            },
            configure: builder =>
            {
                builder.Logging.AddProvider(messages);
                builder.Services.Configure<PenstockTransportOptions>(options => options.StallWarningThreshold = TimeSpan.FromMilliseconds(200));
            });
        using HttpClient client = server.CreateClient();

        await client.GetStringAsync("", Canceled);
        await client.GetStringAsync("", Canceled);

        Assert.False(messages.Contains("has held loop"));
    }

    private static MeterListener Listen(IMeterFactory factory, Action<double> measured)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "penstock.kestrel.loop_stall.duration" && ReferenceEquals(instrument.Meter.Scope, factory))
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => measured(value));
        listener.Start();
        return listener;
    }
}
