using System.Diagnostics.Tracing;

namespace Penstock.KeyValue;

/// <summary>
/// What the key-value server has to say: the event source <c>Penstock-KeyValue</c>. Nothing is written per request.
/// </summary>
/// <remarks>Event numbers are stable: a number that is given up is not used again.</remarks>
[EventSource(Name = "Penstock-KeyValue")]
internal sealed class KeyValueEventSource : EventSource
{
    public static readonly KeyValueEventSource Log = new();

    private KeyValueEventSource()
    {
    }

    [Event(
        1,
        Level = EventLevel.Warning,
        Message = "{0}: unknown kind {1} in a key-value message; the connection is closed")]
    public void UnknownKind(string client, long kind) => WriteEvent(1, client, kind);

    [Event(
        2,
        Level = EventLevel.Warning,
        Message = "{0}: a subscriber that does not read is disconnected with {1} bytes waiting")]
    public void SlowSubscriber(string client, int bytes) => WriteEvent(2, client, bytes);

    [Event(3, Level = EventLevel.Error, Message = "writes are refused until this works again: {0}")]
    public void LogWriteFailed(string error) => WriteEvent(3, error);

    [Event(4, Level = EventLevel.Informational, Message = "{0}: loaded {1} keys from {2} bytes of snapshot and log")]
    public void Loaded(string directory, long keys, long bytes) => WriteEvent(4, directory, keys, bytes);

    [Event(
        5,
        Level = EventLevel.Warning,
        Message = "{0}: the last record was not written whole; {2} bytes from offset {1} on are cut off")]
    public void TornTail(string path, long offset, long bytes) => WriteEvent(5, path, offset, bytes);

    [Event(6, Level = EventLevel.Informational, Message = "{0}: snapshot of {1} keys in {2} bytes")]
    public void SnapshotWritten(string path, long keys, long bytes) => WriteEvent(6, path, keys, bytes);

    [Event(7, Level = EventLevel.Error, Message = "the snapshot failed and the log stays as it is: {0}")]
    public void SnapshotFailed(string error) => WriteEvent(7, error);

    [NonEvent]
    public void MeterFault(Exception exception) => MeterFault($"{exception.GetType()}");

    [Event(8, Level = EventLevel.Error, Message = "a listener to the meter Penstock.KeyValue threw: {0}")]
    public void MeterFault(string exception) => WriteEvent(8, exception);

    [Event(
        9,
        Level = EventLevel.Warning,
        Message = "{0}: an HTTP request on the port of the Redis protocol, as a web page can have a browser send it to "
            + "run commands; the connection is closed. Further ones within a minute are not reported")]
    public void HttpRequest(string client) => WriteEvent(9, client);
}
