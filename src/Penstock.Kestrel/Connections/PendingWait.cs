using System.Threading.Tasks.Sources;

namespace Penstock.Kestrel.Connections;

/// <summary>
/// One side of a connection waiting, for data or for room. As in <see cref="System.IO.Pipelines.Pipe"/> the result is
/// made when the waiter fetches it, not when it is woken. A mutable struct that lives in its owner and is never copied;
/// what does not say otherwise is called under the owner's lock.
/// </summary>
internal struct PendingWait
{
    private ManualResetValueTaskSourceCore<bool> _core;
    private CancellationTokenRegistration _registration;
    private CancellationToken _token;

    /// <summary>True exactly from the signal on: each wait gets one.</summary>
    private bool _signaled;

    /// <summary>Somebody waits, or was woken and has not fetched the result yet.</summary>
    public bool IsPending { get; private set; }

    /// <summary>Somebody waits and was not woken. A hint for callers without the lock.</summary>
    public readonly bool IsUnsignaled => IsPending && !_signaled;

    /// <summary>Whether continuations go to the thread pool. Set once, before the first wait.</summary>
    public bool RunContinuationsAsynchronously
    {
        set => _core.RunContinuationsAsynchronously = value;
    }

    /// <summary>Begins a wait; there must be none.</summary>
    /// <param name="signaled">Somebody is on the way already who will call <see cref="Wake"/>.</param>
    /// <returns>The version for the task.</returns>
    public short Begin(bool signaled)
    {
        _core.Reset();
        IsPending = true;
        _signaled = signaled;
        return _core.Version;
    }

    /// <summary>Has a token end the wait that has just begun.</summary>
    /// <param name="callback">Runs within this call when the token has been cancelled meanwhile.</param>
    /// <param name="owner">Is passed to the callback.</param>
    /// <param name="token">May be one that cannot be cancelled.</param>
    public void Register(Action<object?, CancellationToken> callback, object owner, CancellationToken token)
    {
        if (!token.CanBeCanceled)
            return;

        // Before the callback can run, which asks for it.
        _token = token;
        _registration = token.UnsafeRegister(callback, owner);
    }

    /// <summary>Whether the wait that is pending was given this token: a callback may come late.</summary>
    public readonly bool IsCanceledBy(CancellationToken token) => IsPending && _token == token;

    /// <summary>Whether a waiter is to be woken now; the caller then calls <see cref="Wake"/>.</summary>
    public bool TrySignal(bool ready)
    {
        bool wake = ready && IsUnsignaled;
        _signaled |= wake;
        return wake;
    }

    /// <summary>Wakes the waiter, once for each signal. Without the lock: the waiter may run within this.</summary>
    public void Wake() => _core.SetResult(true);

    /// <summary>The waiter fetches its result. Without the lock, which a callback of the token may want.</summary>
    /// <returns>The token that the wait was given.</returns>
    public CancellationToken End(short version)
    {
        _core.GetResult(version);
        CancellationToken token = _token;
        _registration.Dispose();
        _registration = default;
        _token = default;
        return token;
    }

    /// <summary>The result is about to be made; the next wait may begin.</summary>
    public void Forget() => IsPending = _signaled = false;

    /// <summary>For the owner's task source; without the lock.</summary>
    public readonly ValueTaskSourceStatus GetStatus(short version) => _core.GetStatus(version);

    /// <inheritdoc cref="GetStatus"/>
    public void OnCompleted(
        Action<object?> continuation, object? state, short version, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, version, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);
}
