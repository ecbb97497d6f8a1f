namespace Penstock.KeyValue;

/// <summary>
/// Warnings about what clients send. Of each kind one is written a minute, so that a client that sends on and on does
/// not fill the log.
/// </summary>
internal sealed class ClientWarnings(TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private long _lastHttpRequest;
    private long _lastUnknownKind;

    /// <summary>A client of the Redis protocol sent an HTTP request.</summary>
    public void HttpRequest(string client)
    {
        if (IsDue(ref _lastHttpRequest))
            KeyValueEventSource.Log.HttpRequest(client);
    }

    /// <summary>A client of the protobuf protocol sent a message that it does not have.</summary>
    public void UnknownKind(string client, uint kind)
    {
        if (IsDue(ref _lastUnknownKind))
            KeyValueEventSource.Log.UnknownKind(client, kind);
    }

    /// <summary>Whether a period has passed; of several threads that ask at once, one is told so.</summary>
    private bool IsDue(ref long last)
    {
        // One more than the clock says, because 0 means never.
        long now = time.GetTimestamp() + 1;
        long before = Volatile.Read(ref last);
        return (before == 0 || time.GetElapsedTime(before, now) >= Period)
            && Interlocked.CompareExchange(ref last, now, before) == before;
    }
}
