namespace Penstock.Loop;

/// <summary>
/// Brings what a handler awaited back to its loop: continuations go through the loop's mailbox, so code after an
/// <c>await</c> touches its connection as safely as code before it. Current on every loop's thread.
/// </summary>
/// <remarks>
/// A continuation that comes when the loop has ended runs on the thread pool: its connection is gone, but what it holds
/// in a <c>finally</c> must still be given back. What a posted callback throws is reported and ends nothing, as there
/// is no connection to blame; what an <c>async void</c> method throws arrives here. The exception of an awaited method
/// stays in its task.
/// </remarks>
internal sealed class LoopSynchronizationContext(EventLoop loop) : SynchronizationContext
{
    /// <summary>Runs <paramref name="d"/> in a later part of the loop's turn, also when called on the loop.</summary>
    public override void Post(SendOrPostCallback d, object? state)
    {
        if (!loop.Post((_, _) => Run(d, state), null))
            base.Post(_ => Run(d, state), null);
    }

    /// <summary>
    /// Runs <paramref name="d"/> at once on the loop's thread; from another one it would block that thread.
    /// </summary>
    /// <exception cref="NotSupportedException">The caller is not on the loop.</exception>
    public override void Send(SendOrPostCallback d, object? state)
    {
        if (!loop.IsOnLoop)
            throw new NotSupportedException("Waiting for a loop blocks the thread that waits; post to it.");
        d(state);
    }

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;

    private void Run(SendOrPostCallback d, object? state) => GuardedCallback.Run(loop, "a continuation", d, state);
}
