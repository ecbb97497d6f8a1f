using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Penstock.Kestrel.Connections;

namespace Penstock.Kestrel.Diagnostics;

/// <summary>
/// Notices when code that runs on a loop does not come back: warns while it lasts, naming the connection, and
/// measures it when it ends.
/// </summary>
/// <remarks>
/// A thread looks at the loops from outside, because a loop that is held cannot look at itself, and because then the
/// loop pays two writes for each call and reads no clock. A call is timed from the first look that sees it, so it is
/// named when it has lasted for the threshold, and at most a look longer. Not a timer: its callbacks wait for a thread
/// of the pool, and code that blocks loops as a rule blocks the pool as well.
/// </remarks>
internal sealed class StallDetector : IDisposable
{
    private const int LooksPerThreshold = 4;

    /// <summary>A shorter wait would be none.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(1);

    /// <summary>Also where the threshold is hours: looking costs nothing that anybody could measure.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly WatchedLoop<TransportConnection>[] _loops;
    private readonly TimeSpan _threshold;
    private readonly ILogger _log;
    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly Counter<long> _count;
    private readonly Histogram<double> _duration;
    private readonly TimeSpan _pause;
    private readonly ManualResetEventSlim _stopped = new();
    private readonly Thread? _thread;

    public StallDetector(int loops, TimeSpan threshold, ILogger log, IMeterFactory? meters)
    {
        _loops = new WatchedLoop<TransportConnection>[loops];
        for (int i = 0; i < loops; i++)
            _loops[i] = new WatchedLoop<TransportConnection>(TimeProvider.System);
        _threshold = threshold;
        _log = log;
        _ownsMeter = meters is null;
        _meter = meters?.Create("Penstock.Kestrel") ?? new Meter("Penstock.Kestrel");
        _count = _meter.CreateCounter<long>(
            "penstock.kestrel.loop_stalls", "{stall}", "Times that code held a loop for too long.");
        _duration = _meter.CreateHistogram<double>(
            "penstock.kestrel.loop_stall.duration", "s", "How long it was held.");
        if (threshold == Timeout.InfiniteTimeSpan)
            return;
        _pause = Limit(threshold / LooksPerThreshold);
        _thread = new Thread(Watch) { Name = "penstock-watch", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Code of this connection is about to run. Its loop's thread only; calls nest.</summary>
    public void Enter(TransportConnection connection) => _loops[connection.Loop].Enter(connection);

    /// <summary>It came back.</summary>
    public void Leave(TransportConnection connection)
    {
        WatchedLoop<TransportConnection> loop = _loops[connection.Loop];
        if (loop.Leave() is not { } held)
            return;
        Measure(() => _duration.Record(held.TotalSeconds, Tag(connection)));
        TransportLog.StallEnded(
            _log, connection.ConnectionId, connection.EndPoint, connection.Loop, (long)held.TotalMilliseconds);
    }

    public void Dispose()
    {
        _stopped.Set();
        _thread?.Join();
        _stopped.Dispose();
        if (_ownsMeter)
            _meter.Dispose();
    }

    private static KeyValuePair<string, object?> Tag(TransportConnection connection) =>
        new("server.endpoint", connection.EndPoint.ToString());

    private static TimeSpan Limit(TimeSpan pause) =>
        pause < ShortestPause ? ShortestPause : pause > LongestPause ? LongestPause : pause;

    /// <summary>
    /// Listeners of a meter are the application's, and run here: on a loop, or on the thread of the watch.
    /// </summary>
    private void Measure(Action measurement)
    {
        try
        {
            measurement();
        }
        catch (Exception exception)
        {
            TransportLog.MeterListenerFailed(_log, exception);
        }
    }

    private void Watch()
    {
        TimeSpan pause = _pause;
        while (!_stopped.Wait(pause))
            pause = Limit(Look());
    }

    /// <summary>Reports what holds a loop for too long, and says when to look again.</summary>
    private TimeSpan Look()
    {
        TimeSpan next = _pause;
        foreach (WatchedLoop<TransportConnection> loop in _loops)
        {
            TransportConnection? connection = loop.LookFor(_threshold, out TimeSpan held, out TimeSpan wait);
            next = wait < next ? wait : next;
            if (connection is null)
                continue;
            Measure(() => _count.Add(1, Tag(connection)));
            TransportLog.Stalled(
                _log,
                connection.ConnectionId,
                connection.EndPoint,
                connection.RemoteEndPoint,
                connection.Loop,
                (long)held.TotalMilliseconds);
        }

        return next;
    }
}
