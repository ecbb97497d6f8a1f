using System.Diagnostics.Tracing;

namespace Penstock.Http.Serving;

/// <summary>The event source <c>Penstock.Http</c>. Event numbers are stable.</summary>
[EventSource(Name = "Penstock.Http")]
internal sealed class HttpEventSource : EventSource
{
    public static readonly HttpEventSource Log = new();

    private HttpEventSource()
    {
    }

    [NonEvent]
    public void EndpointFault(HttpExchange exchange, Exception exception) =>
        EndpointFault(exchange.ConnectionId.ToString(), exception.ToString());

    [Event(1, Level = EventLevel.Error, Message = "An endpoint threw; connection {0} is closed: {1}")]
    public void EndpointFault(string connection, string exception) => WriteEvent(1, connection, exception);

    [Event(2, Level = EventLevel.Warning, Message = "The file for {0} could not be opened (error {1})")]
    public void FileNotOpened(string path, int error) => WriteEvent(2, path, error);
}
