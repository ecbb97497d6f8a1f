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
    /// How long a message waits for memory. Those that hold it, and got no further for as long, are closed then: each
    /// may be waiting for what the rest holds, or for a peer that does nothing.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Those that hold no more are left alone: a piece of a short message, or of a short reply.</summary>
    private const int WorthClosing = 8 * 1024;

    private readonly EventLoop _loop;
    private readonly ConnectionSlab _connections;
    private readonly List<Waiter> _waiters = [];
    private readonly List<(Connection Connection, SlotKey Key)> _closed = [];
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
        loop.Memory.WayRequested =
            () => loop.Post(static (pressure, _) => ((MemoryPressure)pressure!).MakeWay(), this);
        loop.Memory.Budget.Register(loop.Memory);
    }

    private MemoryBudget Budget => _loop.Memory.Budget;

    private long BeforePatience => _loop.Now - _loop.Clock.ToTimestamps(Patience);

    /// <summary>A connection was paused because what it has stored is more than memory allows now.</summary>
    public void Await(Connection connection)
    {
        _waiters.Add(new Waiter(connection, connection.Key, _loop.Now));
        LookLater();
    }

    /// <summary>Resumes those for which there is room, and makes some for those that waited for too long.</summary>
    public void Look()
    {
        _waiters.RemoveAll(waiter => !waiter.IsWaiting || TryResume(waiter.Connection));
        if (_waiters.Count > 0 && _waiters[0].Since <= BeforePatience && _closing == 0)
            Budget.RequestWay();
    }

    /// <summary>Whether <see cref="GiveBack"/> has something to do.</summary>
    public bool HasClosed => _closed.Count > 0;

    /// <summary>
    /// Gives back what those that were closed held, as far as nobody reads it any more. Between two handlers: while one
    /// runs it may have been given memory of such a connection to write to. The last completions come with the next
    /// turn, and in this one others would take as much again.
    /// </summary>
    public void GiveBack()
    {
        foreach ((Connection connection, SlotKey key) in _closed)
        {
            if (connection.Key == key)
                _released = Math.Max(0, _released - connection.GiveBackHeld());
        }

        _closed.Clear();
        _loop.Memory.GiveBackSpare();
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

        // The other loop does so when its turn is over. One that takes this much by itself cannot wait for that.
        if (Budget.Excess > 0 && Largest() is { } own && own.HeldBytes > Budget.Limit / 16)
            Close(own);
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

    /// <summary>
    /// Closes those that are stuck until three quarters are free: each loop its part of that. Who was stuck first goes
    /// first, and not who holds most: that would be the one that waited.
    /// </summary>
    private void MakeWay()
    {
        double part = (double)_loop.Memory.Used / Math.Max(Budget.Used, 1);
        long excess = (long)((Budget.Excess + (Budget.Limit / 4 * 3)) * part) - _released;
        if (excess <= 0)
            return;
        List<(long Since, Connection Connection)> stuck = [];
        foreach (Connection? connection in _connections.Made)
        {
            if (connection is { State: < ConnectionState.Closing, HeldBytes: > WorthClosing }
                && connection.StuckSince <= BeforePatience)
                stuck.Add((connection.StuckSince, connection));
        }

        stuck.Sort(static (one, other) => one.Since.CompareTo(other.Since));
        foreach ((_, Connection connection) in stuck)
        {
            if (excess <= 0)
                return;
            if (connection.State >= ConnectionState.Closing)
                continue;
            excess -= connection.HeldBytes;
            Close(connection);
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
        _closed.Add((connection, connection.Key));
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
