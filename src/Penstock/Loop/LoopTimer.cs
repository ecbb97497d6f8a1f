using Penstock.Timing;

namespace Penstock.Loop;

/// <summary>A timer as its owner on any thread holds it; disposing it stops it.</summary>
internal sealed class LoopTimer : IDisposable
{
    private readonly EventLoop _loop;
    private LoopTimers.Timer? _timer;

    public LoopTimer(EventLoop loop, TimeSpan period, Action callback)
    {
        _loop = loop;
        loop.Timers.Reserve();
        loop.Post((_, _) => Start(period, callback), null);
    }

    public void Dispose() => _loop.Post(static (target, _) => ((LoopTimer)target!).Stop(), this);

    private void Start(TimeSpan period, Action callback) => _timer = _loop.Timers.Start(period, callback, _loop.Now);

    private void Stop()
    {
        if (_timer is not null)
            _loop.Timers.Stop(_timer);
    }
}
