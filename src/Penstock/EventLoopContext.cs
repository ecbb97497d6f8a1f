using Penstock.Loop;

namespace Penstock;

/// <summary>
/// One event loop, as the handlers that run on it know it: its number, work for it, its timers, and what handlers of
/// several servers share there (<see cref="PerLoop{T}"/>).
/// </summary>
/// <remarks>
/// All members may be called from any thread. There is one context for each loop, as long as the loop lives, so that
/// it can be a key.
/// </remarks>
public sealed class EventLoopContext
{
    private readonly EventLoop _loop;

    /// <summary>One for all posts, so that none of them allocates.</summary>
    private readonly Action<object?, long> _runPosted;
    private LoopGroup? _group;

    internal EventLoopContext(EventLoop loop)
    {
        _loop = loop;
        _runPosted = (work, _) => GuardedCallback.Run(_loop, "posted work", (Action)work!);
    }

    /// <summary>
    /// The loop's number in its group, from 0. A number is not given to another loop, also when its thread has ended.
    /// </summary>
    public int Index => _loop.Index;

    /// <summary>The group that the loop belongs to.</summary>
    public LoopGroup Group => _group ?? throw new InvalidOperationException("The loop does not belong to a group.");

    /// <summary>The clock of the loop's timers and deadlines.</summary>
    public TimeProvider TimeProvider => _loop.Clock.Provider;

    /// <summary>Whether the caller is on this loop.</summary>
    public bool IsOnLoop => _loop.IsOnLoop;

    internal EventLoop Loop => _loop;

    /// <summary>Runs <paramref name="work"/> on the loop, in its next turn.</summary>
    /// <remarks>
    /// What the work throws is reported by the event source <c>Penstock</c>, counted
    /// (<see cref="LoopCounters.CallbackFaults"/>) and ends nothing.
    /// </remarks>
    /// <returns>False when the loop has ended.</returns>
    public bool Post(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return _loop.Post(_runPosted, work);
    }

    /// <summary>
    /// Calls <paramref name="callback"/> on the loop every <paramref name="period"/>, until what is returned is
    /// disposed. A loop that is late skips beats.
    /// </summary>
    /// <remarks>
    /// An exception of the callback is reported and counted, as that of posted work, and ends this timer only. A timer
    /// that is disposed on the loop is not called again; when it is disposed on another thread, a call may still be
    /// under way. The end of the loop ends its timers.
    /// </remarks>
    public IDisposable StartTimer(TimeSpan period, Action callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        OptionChecks.Positive(period, nameof(period));
        return Start(period, callback, repeats: true);
    }

    /// <summary>
    /// Calls <paramref name="callback"/> on the loop once, when <paramref name="delay"/> has passed, unless what is
    /// returned is disposed before.
    /// </summary>
    /// <inheritdoc cref="StartTimer"/>
    public IDisposable StartOneShotTimer(TimeSpan delay, Action callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return Start(delay, callback, repeats: false);
    }

    /// <summary>
    /// What the loop has done so far. Read without stopping it, so the figures may be a moment behind and of slightly
    /// different moments.
    /// </summary>
    public LoopCounters ReadCounters() => LoopCounters.From(_loop.Statistics);

    /// <summary>Called by the group that the loop was made for, before anybody else knows of the loop.</summary>
    internal void Join(LoopGroup group) => _group = group;

    private LoopTimer Start(TimeSpan time, Action callback, bool repeats)
    {
        var timer = new LoopTimer(_loop, time, callback, repeats);
        timer.Start();
        return timer;
    }
}
