using System.Diagnostics.Metrics;

namespace Penstock.Broadcast.Tests;

/// <summary>Reads the engine's meters as a monitoring tool does.</summary>
internal static class Meters
{
    /// <summary>The sum over all loops that are alive.</summary>
    public static long Read(string name)
    {
        long sum = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "Penstock" && instrument.Name == name)
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => sum += value);
        listener.Start();
        listener.RecordObservableInstruments();
        return sum;
    }
}
