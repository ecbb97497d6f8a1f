using System.Diagnostics.Tracing;

namespace Penstock.Diagnostics;

/// <summary>
/// What the engine has to say: the event source <c>Penstock</c>, which dotnet-trace, an <see cref="EventListener"/> or
/// a logging bridge can listen to. Nothing is written per request or, above verbose level, per connection.
/// </summary>
/// <remarks>Event numbers are stable: a number that is given up is not used again.</remarks>
[EventSource(Name = "Penstock")]
internal sealed class PenstockEventSource : EventSource
{
    public static readonly PenstockEventSource Log = new();

    private PenstockEventSource()
    {
    }

    [NonEvent]
    public void HandlerFault(string connection, Exception exception) => HandlerFault(connection, exception.ToString());

    [Event(1, Level = EventLevel.Error, Message = "A handler threw; connection {0} is reset: {1}")]
    public void HandlerFault(string connection, string exception) => WriteEvent(1, connection, exception);

    [Event(
        2,
        Level = EventLevel.Warning,
        Message = "{0}: cannot accept ({1}); {2} connections were turned away since the last message, the others wait")]
    public void AcceptBackoff(string endPoint, string error, int turnedAway) =>
        WriteEvent(2, endPoint, error, turnedAway);

    [Event(3, Level = EventLevel.Error, Message = "{0}: the listener failed: {1}")]
    public void ListenerFault(string endPoint, string error) => WriteEvent(3, endPoint, error);

    [NonEvent]
    public void LoopFault(int loop, Exception exception) => LoopFault(loop, exception.ToString());

    [Event(4, Level = EventLevel.Critical, Message = "Loop {0} failed: {1}")]
    public void LoopFault(int loop, string exception) => WriteEvent(4, loop, exception);

    [Event(
        5,
        Level = EventLevel.Informational,
        Message = "{0}: full with {1} connections; newcomers wait in the backlog")]
    public void ServerFull(string endPoint, int connections) => WriteEvent(5, endPoint, connections);

    [Event(
        6,
        Level = EventLevel.Warning,
        Message = "{0}: {1} connections did not finish within the shutdown timeout and were reset")]
    public void ShutdownTimeout(string endPoint, int connections) => WriteEvent(6, endPoint, connections);

    [Event(7, Level = EventLevel.Warning, Message = "{0}: the socket file is left behind: {1}")]
    public void SocketFileLeft(string endPoint, string error) => WriteEvent(7, endPoint, error);

    [NonEvent]
    public void TimerFault(int loop, Exception exception) => TimerFault(loop, exception.ToString());

    [Event(8, Level = EventLevel.Error, Message = "A timer of loop {0} threw and is stopped: {1}")]
    public void TimerFault(int loop, string exception) => WriteEvent(8, loop, exception);

    [NonEvent]
    public void DisposalFault(int loop, Exception exception) => DisposalFault(loop, exception.ToString());

    [Event(9, Level = EventLevel.Error, Message = "What loop {0} kept threw when it was disposed: {1}")]
    public void DisposalFault(int loop, string exception) => WriteEvent(9, loop, exception);
}
