using System.Threading.Tasks.Sources;

namespace Penstock.Http.Serving;

/// <summary>Something that one caller at a time awaits, many times, without allocating.</summary>
internal sealed class LoopWait : IValueTaskSource<int>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<int> _core;

    public bool IsPending { get; private set; }

    public ValueTask<int> Begin() => new(this, Prepare());

    /// <summary>For a wait without a result.</summary>
    public ValueTask BeginVoid() => new(this, Prepare());

    /// <summary>Completes the wait, if somebody waits.</summary>
    public void End(int result)
    {
        if (!IsPending)
            return;
        IsPending = false;
        _core.SetResult(result);
    }

    /// <inheritdoc cref="End"/>
    public void Fail(Exception exception)
    {
        if (!IsPending)
            return;
        IsPending = false;
        _core.SetException(exception);
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    int IValueTaskSource<int>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private short Prepare()
    {
        _core.Reset();
        IsPending = true;
        return _core.Version;
    }
}
