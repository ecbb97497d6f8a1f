using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Penstock.Kestrel.Connections;

namespace Penstock.Kestrel.Diagnostics;

/// <summary>
/// Notices when code that runs on a loop does not come back: warns while it lasts, naming the connection, and measures it
/// when it ends.
/// </summary>
/// <remarks>
/// A timer looks at the loops from outside, because a loop that is held cannot look at itself, and because then the loop
/// pays two writes for each call and reads no clock. What is shorter than a look or two is not seen.
/// </remarks>
internal sealed class StallDetector : IDisposable
{
    private const int LooksPerThreshold = 4;

    private readonly WatchedLoop[] _loops;
    private readonly TimeSpan _threshold;
    private readonly ILogger _log;
    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly Counter<long> _count;
    private readonly Histogram<double> _duration;
    private readonly Timer? _timer;

    public StallDetector(int loops, TimeSpan threshold, ILogger log, IMeterFactory? meters)
    {
        _loops = new WatchedLoop[loops];
        for (int i = 0; i < loops; i++)
            _loops[i] = new WatchedLoop();
        _threshold = threshold;
        _log = log;
        _ownsMeter = meters is null;
        _meter = meters?.Create("Penstock.Kestrel") ?? new Meter("Penstock.Kestrel");
        _count = _meter.CreateCounter<long>("penstock.kestrel.loop_stalls", "{stall}", "Times that code held a loop for too long.");
        _duration = _meter.CreateHistogram<double>("penstock.kestrel.loop_stall.duration", "s", "How long it was held.");
        if (threshold != Timeout.InfiniteTimeSpan)
            _timer = new Timer(static detector => ((StallDetector)detector!).Look(), this, threshold / LooksPerThreshold, threshold / LooksPerThreshold);
    }

    /// <summary>Code of this connection is about to run. Its loop's thread only; calls nest.</summary>
    public void Enter(TransportConnection connection) => _loops[connection.Loop].Enter(connection);

    /// <summary>It came back.</summary>
    public void Leave(TransportConnection connection)
    {
        WatchedLoop loop = _loops[connection.Loop];
        if (loop.Leave() is not { } held)
            return;
        KeyValuePair<string, object?> endPoint = Tag(connection);
        _duration.Record(held.TotalSeconds, endPoint);
        TransportLog.StallEnded(
            _log, connection.ConnectionId, connection.EndPoint, connection.Loop, (long)held.TotalMilliseconds);
    }

    public void Dispose()
    {
        _timer?.Dispose();
        if (_ownsMeter)
            _meter.Dispose();
    }

    private static KeyValuePair<string, object?> Tag(TransportConnection connection) =>
        new("server.endpoint", connection.EndPoint.ToString());

    private void Look()
    {
        foreach (WatchedLoop loop in _loops)
        {
            if (loop.LookFor(_threshold, out TimeSpan held) is not { } connection)
                continue;
            _count.Add(1, Tag(connection));
            TransportLog.Stalled(
                _log,
                connection.ConnectionId,
                connection.EndPoint,
                connection.RemoteEndPoint,
                connection.Loop,
                (long)held.TotalMilliseconds);
        }
    }
}
