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
    public void HandlerFault(string connection, Exception exception) => HandlerFault(connection, Print(exception));

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
    public void LoopFault(int loop, Exception exception) => LoopFault(loop, Print(exception));

    [Event(4, Level = EventLevel.Critical, Message = "Loop {0} failed and has ended; its connections are reset: {1}")]
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
    public void CallbackFault(int loop, string what, Exception exception) =>
        CallbackFault(loop, what, Print(exception));

    [Event(8, Level = EventLevel.Error, Message = "Loop {0}: {1} threw; nothing else is ended: {2}")]
    public void CallbackFault(int loop, string what, string exception) => WriteEvent(8, loop, what, exception);

    [NonEvent]
    public void LoopEndFault(int loop, Exception exception) => LoopEndFault(loop, Print(exception));

    [Event(9, Level = EventLevel.Error, Message = "Loop {0} had failed, and could not be ended in order: {1}")]
    public void LoopEndFault(int loop, string exception) => WriteEvent(9, loop, exception);

    [Event(
        10,
        Level = EventLevel.Critical,
        Message = "Loop {0} is held by code that does not return: the stop goes on without it, and leaves its thread "
            + "and {1} connections behind")]
    public void LoopHeld(int loop, int connections) => WriteEvent(10, loop, connections);

    [NonEvent]
    public void MeterFault(string meter, Exception exception) => MeterFault(meter, Print(exception));

    [Event(11, Level = EventLevel.Error, Message = "A listener to the meter {0} threw: {1}")]
    public void MeterFault(string meter, string exception) => WriteEvent(11, meter, exception);

    /// <summary>
    /// An exception of the application may be of its own type, and throw when it is asked what it is.
    /// </summary>
    private static string Print(Exception exception)
    {
        try
        {
            return exception.ToString();
        }
        catch (Exception unprintable)
        {
            return $"{exception.GetType()}, which cannot be printed: its text throws {unprintable.GetType()}";
        }
    }
}
