using System.Diagnostics;
using Penstock.Kestrel.Connections;

namespace Penstock.Kestrel.Diagnostics;

/// <summary>What one loop is running, written by the loop and looked at by a timer.</summary>
internal sealed class WatchedLoop
{
    private TransportConnection? _running;

    /// <summary>Counts the calls, so that the timer tells one long call from many short ones.</summary>
    private long _calls;

    private int _depth;

    /// <summary>When the timer first saw the call that it has reported, as a timestamp; 0: none was reported.</summary>
    private long _reportedSince;

    // The timer's own: which call it saw last, and when first.
    private long _seenCall;
    private long _seenAt;

    public void Enter(TransportConnection connection)
    {
        if (_depth++ > 0)
            return;
        Volatile.Write(ref _calls, _calls + 1);
        Volatile.Write(ref _running, connection);
    }

    /// <summary>How long the call lasted if it was reported; null for all others.</summary>
    public TimeSpan? Leave()
    {
        if (--_depth > 0)
            return null;
        Volatile.Write(ref _running, null);
        if (Volatile.Read(ref _reportedSince) == 0)
            return null;
        long since = Interlocked.Exchange(ref _reportedSince, 0);
        return Stopwatch.GetElapsedTime(since);
    }

    /// <summary>The connection that holds the loop for longer than allowed; once for each call.</summary>
    public TransportConnection? LookFor(TimeSpan threshold, out TimeSpan held)
    {
        held = default;
        TransportConnection? running = Volatile.Read(ref _running);
        long call = Volatile.Read(ref _calls);
        if (running is null || call != _seenCall)
        {
            _seenCall = call;
            _seenAt = Stopwatch.GetTimestamp();
            return null;
        }

        held = Stopwatch.GetElapsedTime(_seenAt);
        if (held < threshold || Volatile.Read(ref _reportedSince) != 0)
            return null;
        Volatile.Write(ref _reportedSince, _seenAt);
        return running;
    }
}
