using System.Diagnostics.Metrics;

namespace Penstock.Tests.Server;

/// <summary>
/// What a loop has done, as its members and as the meter tell it. Meters of all groups of the process have one name.
/// </summary>
[Collection(nameof(Alone))]
public sealed class CountersTests
{
    [Fact]
    public async Task Counters_say_what_the_loops_have_done()
    {
        await using TestServer server = TestServer.Echo();
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync("12345");
        await Patience.UntilAsync(() => server.Group.Sum(loop => loop.Statistics.SentBytes) == 9);
        LoopCounters[] counters =
            [.. Enumerable.Range(0, server.Group.Count).Select(loop => server.Group[loop].ReadCounters())];
        Assert.Equal(1, counters.Sum(loop => loop.AcceptedConnections));
        Assert.Equal(1, counters.Sum(loop => loop.OpenConnections));
        Assert.Equal(9, counters.Sum(loop => loop.ReceivedBytes));
        Assert.Equal(9, counters.Sum(loop => loop.SentBytes));
        Assert.Equal(1, counters.Sum(loop => loop.Sends));
        Assert.Equal(0, counters.Sum(loop => loop.ReceivePauses));
        Assert.Equal(0, counters.Sum(loop => loop.HandlerFaults));
        Assert.All(counters, loop => Assert.True(loop.Turns > 0));
    }

    [Fact]
    public async Task The_meter_tells_what_waits_for_a_peer_that_does_not_read()
    {
        const int reply = 32 * 1024 * 1024;
        await using TestServer server = TestServer.Scripted(new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                connection.Send(new byte[reply]);
                return data.Length;
            },
        });
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync([1]);
        await server.WaitStalledAsync();

        Dictionary<string, long> sums = Observe();
        Assert.Equal(1, sums["penstock.received"]);
        Assert.InRange(sums["penstock.unsent"], 1, reply);
        Assert.Equal(reply, sums["penstock.unsent"] + sums["penstock.sent"]);
        Assert.Equal(sums["penstock.unsent"], sums["penstock.unsent.largest"]);
    }

    /// <summary>The sum of each instrument over all loops.</summary>
    private static Dictionary<string, long> Observe()
    {
        var sums = new Dictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Penstock")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
            sums[instrument.Name] = sums.GetValueOrDefault(instrument.Name) + value);
        listener.Start();
        listener.RecordObservableInstruments();
        return sums;
    }
}
