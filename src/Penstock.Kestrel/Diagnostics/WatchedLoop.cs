namespace Penstock.Kestrel.Diagnostics;

/// <summary>What one loop is running, written by the loop and looked at by the one thread that watches it.</summary>
/// <typeparam name="TOwner">Names whose code runs.</typeparam>
internal sealed class WatchedLoop<TOwner>(TimeProvider time)
    where TOwner : class
{
    private TOwner? _running;

    /// <summary>Numbers the calls, so that the watch tells one long call from many short ones.</summary>
    private long _call;

    private int _depth;

    // The watch's own: which call it saw last, and when first.
    private long _seenCall;
    private long _seenAt;

    /// <summary>
    /// The call that was reported, by number: it may come back at that moment, and the next one is not to blame.
    /// </summary>
    private long _reportedCall;
    private long _reportedSince;

    public void Enter(TOwner owner)
    {
        if (_depth++ > 0)
            return;
        Volatile.Write(ref _call, _call + 1);
        Volatile.Write(ref _running, owner);
    }

    /// <summary>How long the call lasted if it was reported; null for all others.</summary>
    public TimeSpan? Leave()
    {
        if (--_depth > 0)
            return null;
        Volatile.Write(ref _running, null);
        return Volatile.Read(ref _reportedCall) == _call ? time.GetElapsedTime(_reportedSince) : null;
    }

    /// <summary>Whose code holds the loop for longer than allowed; once for each call.</summary>
    /// <param name="threshold">What is allowed, from when the call was first seen.</param>
    /// <param name="held">How long it has been so far.</param>
    /// <param name="wait">When to look again at the latest: a call that is seen now will be over the threshold.</param>
    public TOwner? LookFor(TimeSpan threshold, out TimeSpan held, out TimeSpan wait)
    {
        held = TimeSpan.Zero;
        wait = threshold;
        TOwner? running = Volatile.Read(ref _running);
        long call = Volatile.Read(ref _call);
        if (running is null || call != _seenCall)
        {
            _seenCall = call;
            _seenAt = time.GetTimestamp();
            return null;
        }

        held = time.GetElapsedTime(_seenAt);
        if (call == _reportedCall)
            return null;
        wait = threshold - held;
        if (wait > TimeSpan.Zero)
            return null;
        wait = threshold;
        _reportedSince = _seenAt;
        Volatile.Write(ref _reportedCall, call);
        return running;
    }
}
