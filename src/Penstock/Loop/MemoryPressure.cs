using System.Diagnostics;
using Penstock.Buffers;
using Penstock.Connections;
using Penstock.Diagnostics;
using Penstock.Drivers;

namespace Penstock.Loop;

/// <summary>
/// What a loop does when memory for its connections is short: those that hold much wait, and when that is not enough,
/// those that hold most are closed. Loop thread only.
/// </summary>
internal sealed class MemoryPressure
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How long a message may wait for memory. Those that waited longest are closed then, so that the others can go on:
    /// each may be waiting for what the rest holds.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly EventLoop _loop;
    private readonly ConnectionSlab _connections;
    private readonly List<Waiter> _waiters = [];
    private bool _looksLater;
    private long _released;
    private int _closing;
    private int _unreported;
    private long _reportAt;

    public MemoryPressure(EventLoop loop, ConnectionSlab connections)
    {
        _loop = loop;
        _connections = connections;
        loop.Memory.Exhausted = OnExhausted;
        loop.Memory.Overgrown = OnOvergrown;
        loop.Memory.ShedRequested = () => loop.Post(static (pressure, _) => ((MemoryPressure)pressure!).Shed(), this);
        loop.Memory.Budget.Register(loop.Memory);
    }

    private MemoryBudget Budget => _loop.Memory.Budget;

    /// <summary>A connection was paused because what it has stored is more than memory allows now.</summary>
    public void Await(Connection connection)
    {
        _waiters.Add(new Waiter(connection, connection.Key, _loop.Now));
        LookLater();
    }

    /// <summary>Resumes those for which there is room, and closes those that waited for too long.</summary>
    public void Look()
    {
        _waiters.RemoveAll(waiter => !waiter.IsWaiting || TryResume(waiter.Connection));
        CloseImpatient();
    }

    /// <summary>One that was closed for memory has given it back.</summary>
    public void OnReleased()
    {
        Debug.Assert(_closing > 0, "it was not closed for memory");
        if (--_closing == 0)
            _released = 0;
    }

    public void End()
    {
        Budget.Unregister(_loop.Memory);
        _loop.Memory.End();
    }

    /// <summary>
    /// The loop with the largest part looks for the connections that hold most. It may be in the middle of a handler
    /// here, so they are closed and their memory goes back when they are.
    /// </summary>
    private void OnExhausted()
    {
        LoopMemory largest = Budget.Largest();
        if (ReferenceEquals(largest, _loop.Memory))
            Shed();
        else
            largest.ShedRequested?.Invoke();
    }

    private void OnOvergrown()
    {
        if (Largest() is { } largest && largest.UnsentBytes > Budget.MostPerConnection)
            Close(largest);
    }

    private void Shed()
    {
        long excess = Budget.Excess + (Budget.Limit / 16) - _released;
        while (excess > 0 && Largest() is { } largest)
        {
            excess -= largest.HeldBytes;
            Close(largest);
        }
    }

    /// <summary>Until a quarter is free again. They are in the order in which they came.</summary>
    private void CloseImpatient()
    {
        long patience = _loop.Clock.ToTimestamps(Patience);
        long excess = Budget.Excess + (Budget.Limit / 4) - _released;
        foreach (Waiter waiter in _waiters)
        {
            if (excess <= 0 || _loop.Now - waiter.Since < patience)
                return;
            if (!waiter.IsWaiting)
                continue;
            excess -= waiter.Connection.HeldBytes;
            Close(waiter.Connection);
        }
    }

    private void LookLater()
    {
        if (_looksLater)
            return;
        _looksLater = true;
        _loop.Context.StartOneShotTimer(LookPeriod, LookAgain);
    }

    private void LookAgain()
    {
        _looksLater = false;
        Look();
        if (_waiters.Count > 0)
            LookLater();
    }

    private bool TryResume(Connection connection)
    {
        if (connection.StoredBytes > _loop.Memory.Mark)
            return false;
        connection.Flow.Resume(PauseCauses.Memory);
        return true;
    }

    private Connection? Largest()
    {
        Connection? largest = null;
        long most = 0;
        foreach (Connection? connection in _connections.Made)
        {
            if (connection is not { State: < ConnectionState.Closing } || connection.HeldBytes <= most)
                continue;
            largest = connection;
            most = connection.HeldBytes;
        }

        return largest;
    }

    private void Close(Connection connection)
    {
        Debug.Assert(connection.State < ConnectionState.Closing, "what it holds would be counted twice");
        _closing++;
        _released += connection.HeldBytes;
        _loop.Statistics.MemoryCloses++;
        _unreported++;
        connection.CloseForMemory();
        if (_loop.Now < _reportAt)
            return;
        _reportAt = _loop.Now + _loop.Clock.ToTimestamps(TimeSpan.FromSeconds(1));
        PenstockEventSource.Log.MemoryExhausted(_loop.Index, Budget.Limit, _unreported);
        _unreported = 0;
    }

    private readonly record struct Waiter(Connection Connection, SlotKey Key, long Since)
    {
        /// <summary>Not once it is closing: what it holds is on its way back then, and was counted.</summary>
        public bool IsWaiting => Connection.Key == Key
            && Connection.State == ConnectionState.Open
            && Connection.Flow.IsPausedFor(PauseCauses.Memory);
    }
}
