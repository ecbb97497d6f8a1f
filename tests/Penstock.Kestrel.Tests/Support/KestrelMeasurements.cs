using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace Penstock.Kestrel.Tests;

/// <summary>Adds up what the meter of one Kestrel reports; for a histogram, how often.</summary>
internal sealed class KestrelMeasurements : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, double> _sums = new();
    private readonly ConcurrentDictionary<string, double> _taggedSums = new();

    public KestrelMeasurements(IMeterFactory factory)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            bool kestrels = instrument.Meter.Name == "Microsoft.AspNetCore.Server.Kestrel";
            if (kestrels && ReferenceEquals(instrument.Meter.Scope, factory))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Add(instrument, 1, tags));
        _listener.Start();
    }

    /// <summary>The sum of an instrument, whatever its tags.</summary>
    public double this[string instrument] => _sums.GetValueOrDefault(instrument);

    /// <summary>Every instrument with every set of tags that it was reported with, ports left out.</summary>
    public IEnumerable<string> Lines => _taggedSums
        .Select(sum => string.Create(CultureInfo.InvariantCulture, $"{sum.Key} {sum.Value}"))
        .Order(StringComparer.Ordinal);

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        IEnumerable<string> kept = tags.ToArray()
            .Where(tag => tag.Key != "server.port")
            .Select(tag => $"{tag.Key}={tag.Value}")
            .Order(StringComparer.Ordinal);
        _sums.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value);
        string tagged = $"{instrument.Name} {string.Join(' ', kept)}";
        _taggedSums.AddOrUpdate(tagged, value, (_, sum) => sum + value);
    }
}
