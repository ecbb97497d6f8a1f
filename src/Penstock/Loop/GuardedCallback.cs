using Penstock.Connections;
using Penstock.Diagnostics;

namespace Penstock.Loop;

/// <summary>
/// Calls what the application gave a loop to do without a connection: timers, posted work, continuations. What it
/// throws is reported and counted, and ends nothing, because a loop must outlive whatever it is given. What belongs to
/// a connection is called by <see cref="GuardedHandler"/>.
/// </summary>
internal static class GuardedCallback
{
    /// <summary>Whether <paramref name="callback"/> came back without an exception.</summary>
    /// <param name="loop">The loop that it was called on.</param>
    /// <param name="what">What threw, as a report begins: <c>a timer</c>.</param>
    /// <param name="callback">The application's code.</param>
    public static bool Run(ConnectionLoop loop, string what, Action callback)
    {
        try
        {
            callback();
            return true;
        }
        catch (Exception exception)
        {
            Report(loop, what, exception);
            return false;
        }
    }

    /// <inheritdoc cref="Run(ConnectionLoop, string, Action)"/>
    /// <param name="loop">The loop that it was called on.</param>
    /// <param name="what">What threw, as a report begins: <c>a timer</c>.</param>
    /// <param name="callback">The application's code.</param>
    /// <param name="state">What it is given.</param>
    public static bool Run(ConnectionLoop loop, string what, SendOrPostCallback callback, object? state)
    {
        try
        {
            callback(state);
            return true;
        }
        catch (Exception exception)
        {
            Report(loop, what, exception);
            return false;
        }
    }

    /// <summary>Also from another thread, for what came when its loop had ended.</summary>
    public static void Report(ConnectionLoop loop, string what, Exception exception)
    {
        Interlocked.Increment(ref loop.Statistics.CallbackFaults);
        PenstockEventSource.Log.CallbackFault(loop.Index, what, exception);
    }
}
