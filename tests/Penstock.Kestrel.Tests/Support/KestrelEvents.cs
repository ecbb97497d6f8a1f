using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace Penstock.Kestrel.Tests;

/// <summary>
/// Kestrel's event source as a monitoring tool hears it. Its counters are the whole process's, so a test that reads
/// them runs alone.
/// </summary>
internal sealed class KestrelEvents : EventListener
{
    private readonly ConcurrentDictionary<string, double> _values = new();
    private readonly ConcurrentQueue<EventWrittenEventArgs> _events = new();

    /// <summary>What the counter said last; for a rate, the sum of what it has said.</summary>
    public double this[string counter] => _values.GetValueOrDefault(counter, double.NaN);

    /// <summary>The events by name, counters not included.</summary>
    public ILookup<string, EventWrittenEventArgs> ByName => _events.ToLookup(written => written.EventName!);

    /// <summary>Waits until a counter says what is expected.</summary>
    public Task Shows(string counter, double expected) =>
        Deadline.Until(() => this[counter] == expected, $"{counter} shows {expected} (now {this[counter]})");

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name != "Microsoft-AspNetCore-Server-Kestrel")
            return;
        var arguments = new Dictionary<string, string?> { ["EventCounterIntervalSec"] = "0.05" };
        EnableEvents(eventSource, EventLevel.Informational, EventKeywords.All, arguments);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName != "EventCounters")
        {
            _events.Enqueue(eventData);
            return;
        }

        var sample = (IDictionary<string, object>)eventData.Payload![0]!;
        string counter = (string)sample["Name"];
        if (sample.TryGetValue("Increment", out object? increment))
            _values.AddOrUpdate(counter, (double)increment, (_, sum) => sum + (double)increment);
        else
            _values[counter] = (double)sample["Mean"];
    }
}
