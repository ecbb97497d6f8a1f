using Penstock.Buffers;
using Penstock.Diagnostics;
using Penstock.Drivers;
using Penstock.Timing;

namespace Penstock.Loop;

/// <summary>
/// A thread that makes a loop, turns it until it is stopped, and takes it down again. Everything of the loop is made
/// and freed on that thread, because some drivers belong to the thread that made them.
/// </summary>
internal sealed class LoopThread
{
    private readonly TaskCompletionSource<EventLoop> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LoopOptions _options;
    private readonly LoopClock _clock;
    private readonly MemoryBudget _budget;
    private readonly int _index;

    /// <param name="options">How the loop runs.</param>
    /// <param name="clock">Its time.</param>
    /// <param name="budget">What its connections may hold, with those of the other loops.</param>
    /// <param name="index">Its number in its group.</param>
    /// <param name="stackBytes">The thread's stack; 0 for the system's default.</param>
    public LoopThread(
        LoopOptions options, LoopClock clock, MemoryBudget budget, int index, int stackBytes = 0)
    {
        _options = options;
        _clock = clock;
        _budget = budget;
        _index = index;
        var thread = new Thread(Run, stackBytes) { Name = $"penstock-loop-{index}", IsBackground = true };
        try
        {
            thread.Start();
        }
        catch (Exception refused) when (refused is OutOfMemoryException or ThreadStartException)
        {
            // The runtime calls it lack of memory, whatever the system ran out of.
            throw new IOException(
                $"Cannot start the thread of loop {index}: the system is at its limit of threads or of memory.",
                refused);
        }
    }

    /// <summary>The loop, once it is ready; faulted when its driver cannot be made.</summary>
    public Task<EventLoop> Started => _started.Task;

    /// <summary>Completes when the loop has ended and given everything back; faulted when it broke.</summary>
    public Task Ended => _ended.Task;

    private void Run()
    {
        try
        {
            int slots = EventLoop.SlotsFor(_options.MaxConnectionsPerLoop);
            using IoDriver driver = DriverFactory.Create(_options, _clock, slots);
            var loop = new EventLoop(
                _index, driver, _clock, _options.MaxConnectionsPerLoop, _options.MaxEventsPerTurn, _budget);
            SynchronizationContext.SetSynchronizationContext(new LoopSynchronizationContext(loop));
            _started.SetResult(loop);
            Turn(loop);
            _ended.SetResult();
        }
        catch (Exception exception)
        {
            // Before the loop was ready its maker gets the exception; afterwards whoever waits for its end does.
            if (!_started.TrySetException(exception))
                PenstockEventSource.Log.LoopFault(_index, exception);
            _ended.SetException(exception);
        }
    }

    private void Turn(EventLoop loop)
    {
        using VirtualAlarm? alarm = _clock.IsRealTime ? null : new VirtualAlarm(_clock, loop.Driver.Wake);
        try
        {
            while (!loop.IsStopped)
            {
                alarm?.Set(loop.NextDeadline);
                loop.RunTurn();
            }
        }
        catch
        {
            EndBroken(loop);
            throw;
        }

        loop.Shutdown(CloseReason.ServerShutdown);
    }

    /// <summary>What broke the loop may break its end as well; it is the first failure that says why.</summary>
    private void EndBroken(EventLoop loop)
    {
        try
        {
            loop.Shutdown(CloseReason.LoopFault);
        }
        catch (Exception exception)
        {
            PenstockEventSource.Log.LoopEndFault(_index, exception);
        }
    }
}
