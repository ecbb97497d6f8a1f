using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Penstock.Kestrel.Tests;

public abstract partial class TransportContract
{
    [Fact]
    public async Task Kestrels_meters_count_connections()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, DescribeAsync);
        var sums = new ConcurrentDictionary<string, double>();
        using MeterListener meters = Listen(server.Services.GetRequiredService<IMeterFactory>(), sums);
        RawClient first = await server.ConnectAsync(), second = await server.ConnectAsync();
        foreach (RawClient client in (RawClient[])[first, second])
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.ReadResponseAsync();
        }

        Assert.Equal(2, sums["kestrel.active_connections"]);
        first.Dispose();
        second.Reset();

        await Deadline.Until(() => sums["kestrel.active_connections"] == 0, "both connections are counted out");
        await Deadline.Until(() => sums.GetValueOrDefault("kestrel.connection.duration") == 2, "both durations are recorded");
        Assert.Equal(0, sums.GetValueOrDefault("kestrel.queued_connections"));
    }

    /// <summary>Adds up what Kestrel's meter reports; for a histogram, how often.</summary>
    private static MeterListener Listen(IMeterFactory factory, ConcurrentDictionary<string, double> sums)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Microsoft.AspNetCore.Server.Kestrel" && ReferenceEquals(instrument.Meter.Scope, factory))
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => sums.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => sums.AddOrUpdate(instrument.Name, 1, (_, sum) => sum + 1));
        listener.Start();
        return listener;
    }
}
