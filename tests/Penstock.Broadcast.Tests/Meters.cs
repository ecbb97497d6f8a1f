using System.Diagnostics.Metrics;

namespace Penstock.Broadcast.Tests;

/// <summary>Reads the engine's meters as a monitoring tool does, over all loops that are alive.</summary>
internal static class Meters
{
    /// <summary>The sum over the loops.</summary>
    public static long Read(string name) => ReadEach(name).Sum();

    /// <summary>The largest of the loops' values.</summary>
    public static long ReadLargest(string name) => ReadEach(name).Max();

    private static List<long> ReadEach(string name)
    {
        List<long> values = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "Penstock" && instrument.Name == name)
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => values.Add(value));
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.NotEmpty(values);
        return values;
    }
}
