using System.Diagnostics.Tracing;

namespace Penstock.Kestrel.Diagnostics;

/// <summary>What cannot be logged: the event source <c>Penstock.Kestrel</c>. Event numbers are stable.</summary>
[EventSource(Name = "Penstock.Kestrel")]
internal sealed class TransportEventSource : EventSource
{
    public static readonly TransportEventSource Log = new();

    private TransportEventSource()
    {
    }

    [NonEvent]
    public void LoggerFault(Exception exception) => LoggerFault(exception.ToString());

    [Event(1, Level = EventLevel.Error, Message = "A logger threw; its message is lost: {0}")]
    public void LoggerFault(string exception) => WriteEvent(1, exception);
}
