using Penstock.Polling;

namespace Penstock.Drivers;

/// <summary>
/// Completed operations on their way to the loop, from any thread. A batch costs one wake: who adds to a list that is
/// waiting to be taken does not signal again.
/// </summary>
internal sealed class SocketArrivals
{
    // A monitor rather than a Lock, which cannot be waited on; and rather than an event, which would be a handle more
    // and a second call per wake.
    private readonly object _gate = new();
    private readonly List<SocketOperation> _arrived = [];
    private bool _signalled;

    /// <summary>Any thread.</summary>
    public void Add(SocketOperation operation)
    {
        lock (_gate)
        {
            _arrived.Add(operation);
            Signal();
        }
    }

    /// <summary>Any thread; calls coalesce.</summary>
    public void Wake()
    {
        lock (_gate)
            Signal();
    }

    /// <summary>
    /// Waits until something was added, or <see cref="Wake"/> was called, or the time is over; takes it all.
    /// </summary>
    public void Take(Queue<SocketOperation> target, TimeSpan timeout)
    {
        lock (_gate)
        {
            if (!_signalled && timeout != TimeSpan.Zero)
                Monitor.Wait(_gate, WaitTimeout.ToMilliseconds(timeout));
            _signalled = false;
            foreach (SocketOperation operation in _arrived)
                target.Enqueue(operation);
            _arrived.Clear();
        }
    }

    private void Signal()
    {
        if (_signalled)
            return;
        _signalled = true;
        Monitor.Pulse(_gate);
    }
}
