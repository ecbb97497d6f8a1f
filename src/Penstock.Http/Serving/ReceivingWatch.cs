namespace Penstock.Http.Serving;

/// <summary>
/// The exchanges of one loop whose request is not all here, so that a sweep finds those that take too long. Idle
/// connections are not in it: the engine's deadlines keep them.
/// </summary>
/// <remarks>
/// Time is read once a sweep and not per request: deadlines count from the last sweep and one period is added, so they
/// are up to two periods late and never early. A sweep that is late itself gives everybody the time that it was late.
/// </remarks>
internal sealed class ReceivingWatch
{
    private readonly TimeProvider _time;
    private readonly long _period;
    private readonly long _headTimeout;
    private readonly long _bodyTimeout;
    private readonly long _window;
    private readonly long _minWindowBytes;
    private WatchLink? _first;
    private long _now;

    public ReceivingWatch(HttpOptions options, TimeProvider time, TimeSpan period)
    {
        _time = time;
        _period = ToTimestamps(period);
        _headTimeout = ToTimestamps(options.HeadTimeout);
        _bodyTimeout = ToTimestamps(options.BodyTimeout);
        bool hasRate = options.MinBodyBytesPerSecond > 0;
        _window = ToTimestamps(hasRate ? options.MinBodyRateWindow : Timeout.InfiniteTimeSpan);
        _minWindowBytes = hasRate && options.MinBodyRateWindow > TimeSpan.Zero
            ? (long)(options.MinBodyBytesPerSecond * options.MinBodyRateWindow.TotalSeconds)
            : 0;
        _now = time.GetTimestamp();
    }

    /// <summary>Starts the deadlines of the exchange's phase, unless they run already.</summary>
    public void Add(HttpExchange exchange)
    {
        WatchLink link = exchange.Watch;
        if (link.IsWatched && link.Phase == exchange.Phase)
            return;
        if (!link.IsWatched)
            Insert(link);
        link.Phase = exchange.Phase;
        link.Deadline = After(exchange.Phase == ExchangePhase.Head ? _headTimeout : _bodyTimeout);
        StartWindow(link);
    }

    public void Remove(HttpExchange exchange)
    {
        WatchLink link = exchange.Watch;
        if (!link.IsWatched)
            return;
        if (link.Previous is { } previous)
            previous.Next = link.Next;
        else
            _first = link.Next;
        if (link.Next is { } next)
            next.Previous = link.Previous;
        link.Previous = link.Next = null;
        link.IsWatched = false;
    }

    /// <summary>
    /// Calls <paramref name="onLate"/> for every exchange that has missed a deadline; that removes it.
    /// </summary>
    public void Sweep(Action<HttpExchange> onLate)
    {
        long now = _time.GetTimestamp();
        long passed = now - _now;

        // The loop was busy, or the machine slept. An exchange may have been added since, counted from the last sweep.
        long late = Math.Max(0, passed - _period);
        _now = now;
        for (WatchLink? link = _first; link is not null;)
        {
            WatchLink current = link;
            link = link.Next;
            if (!IsLate(current, passed, late))
                continue;
            Remove(current.Exchange);
            onLate(current.Exchange);
        }
    }

    private bool IsLate(WatchLink link, long passed, long late)
    {
        // While the server does not take what the client sends, the time is not the client's.
        bool heldUp = link.Exchange.IsHeldUp;
        long granted = heldUp ? passed : late;
        link.Deadline = Later(link.Deadline, granted);
        link.WindowEnd = Later(link.WindowEnd, granted);
        if (heldUp)
            return false;
        if (_now >= link.Deadline)
            return true;
        if (link.Phase != ExchangePhase.Body || _now < link.WindowEnd)
            return false;
        bool slow = link.Exchange.Request.BodyBytesReceived - link.WindowBytes < _minWindowBytes;
        StartWindow(link);
        return slow;
    }

    private void StartWindow(WatchLink link)
    {
        link.WindowEnd = After(_window);
        link.WindowBytes = link.Exchange.Request.BodyBytesReceived;
    }

    private void Insert(WatchLink link)
    {
        link.Next = _first;
        if (_first is not null)
            _first.Previous = link;
        _first = link;
        link.IsWatched = true;
    }

    private long After(long duration) => Later(_now, duration == long.MaxValue ? duration : duration + _period);

    private static long Later(long time, long duration) =>
        time == long.MaxValue || duration == long.MaxValue ? long.MaxValue : time + duration;

    private long ToTimestamps(TimeSpan duration) => duration == Timeout.InfiniteTimeSpan
        ? long.MaxValue
        : (long)Math.Ceiling(duration.TotalSeconds * _time.TimestampFrequency);
}
