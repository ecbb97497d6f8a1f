using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Penstock.Kestrel.Tests;

public abstract partial class TransportContract
{
    [Fact]
    public async Task Kestrels_meters_count_connections()
    {
        await using TestServer server = await TestServer.StartAsync(Kind, DescribeAsync);
        using var meters = new KestrelMeasurements(server.Services.GetRequiredService<IMeterFactory>());
        RawClient first = await server.ConnectAsync(), second = await server.ConnectAsync();
        foreach (RawClient client in (RawClient[])[first, second])
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.ReadResponseAsync();
        }

        Assert.Equal(2, meters["kestrel.active_connections"]);
        first.Dispose();
        second.Reset();

        await Deadline.Until(() => meters["kestrel.active_connections"] == 0, "both connections are counted out");
        await Deadline.Until(() => meters["kestrel.connection.duration"] == 2, "both durations are recorded");
        Assert.Equal(0, meters["kestrel.queued_connections"]);
    }
}
