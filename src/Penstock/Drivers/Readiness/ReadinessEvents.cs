using Penstock.Polling;
using Penstock.Timing;

namespace Penstock.Drivers;

/// <summary>
/// The events that a <see cref="ReadinessDriver"/> has yet to serve: those of the last poll, and edge-triggered ones
/// that were not finished in their turn and that no poll would report again.
/// </summary>
internal sealed class ReadinessEvents(Poller poller, LoopClock clock)
{
    private const int MaxEventsPerPoll = 512;

    private readonly PollEvent[] _polled = new PollEvent[MaxEventsPerPoll];
    private readonly Queue<PollEvent> _carriedOver = new();
    private int _count;
    private int _next;
    private int _carriedThisTurn;

    /// <summary>Events of the last poll are still unserved: the turn's budget ended before them.</summary>
    public bool AwaitsWork => _next < _count;

    public bool HasCarriedOver => _carriedOver.Count > 0;

    /// <summary>Waits for events until <paramref name="deadline"/>.</summary>
    public void Poll(long deadline)
    {
        _count = poller.Wait(_polled, clock.Until(deadline));
        _next = 0;
        ServeCarriedOver();
    }

    /// <summary>
    /// Lets what was carried over so far be served; what is carried over from now on waits for the next turn.
    /// </summary>
    public void ServeCarriedOver() => _carriedThisTurn = _carriedOver.Count;

    public void CarryOver(PollEvent unfinished) => _carriedOver.Enqueue(unfinished);

    public bool TryTake(out PollEvent next)
    {
        if (_next < _count)
        {
            next = _polled[_next++];
            return true;
        }

        if (_carriedThisTurn == 0)
        {
            next = default;
            return false;
        }

        _carriedThisTurn--;
        next = _carriedOver.Dequeue();
        return true;
    }
}
