namespace Penstock.Loop;

/// <summary>Work for a loop at a time to come, as its owner on any thread holds it; disposing it stops it.</summary>
internal sealed class LoopTimer(EventLoop loop, TimeSpan time, Action callback, bool repeats) : IDisposable
{
    private readonly long _period = loop.Clock.ToTimestamps(time);
    private volatile bool _isStopped;

    /// <summary>When it is due, in the loop's time. Changed only while no <see cref="LoopTimers"/> holds it.</summary>
    public long Due { get; private set; }

    /// <summary>Timers that are due at the same time run in the order in which they were set.</summary>
    public long Order { get; set; }

    /// <summary>Any thread. The time counts from the turn in which the loop hears of it.</summary>
    public void Start()
    {
        if (loop.IsOnLoop)
            Set();
        else
            loop.Post(static (timer, _) => ((LoopTimer)timer!).Set(), this);
    }

    public void Dispose()
    {
        _isStopped = true;
        if (loop.IsOnLoop)
            loop.Timers.Remove(this);
        else
            loop.Post(static (timer, _) => ((LoopTimer)timer!).Dispose(), this);
    }

    /// <summary>It is due, and taken out. On the loop.</summary>
    public void Run()
    {
        if (repeats)
            Set();
        if (_isStopped || GuardedCallback.Run(loop, "a timer", callback))
            return;

        // It would most likely throw at every beat.
        Dispose();
    }

    private void Set()
    {
        if (_isStopped)
            return;
        Due = loop.Now + _period;
        loop.Timers.Add(this);
    }
}
