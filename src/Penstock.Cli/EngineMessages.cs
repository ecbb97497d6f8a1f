using System.Diagnostics.Tracing;
using System.Globalization;

namespace Penstock.Cli;

/// <summary>
/// Prints what the engine and its servers report, one line each, so that whoever runs a server sees its troubles.
/// </summary>
internal sealed class EngineMessages(TextWriter output) : EventListener
{
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name.StartsWith("Penstock", StringComparison.Ordinal))
            EnableEvents(eventSource, EventLevel.Informational);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        string format = eventData.Message ?? eventData.EventName ?? "";
        object?[] values = eventData.Payload is null ? [] : [.. eventData.Payload];
        output.WriteLine($"penstock: {string.Format(CultureInfo.InvariantCulture, format, values)}");
    }
}
