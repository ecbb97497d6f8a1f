using System.Diagnostics;
using System.Net;
using Penstock.Buffers;
using Penstock.Connections;
using Penstock.Diagnostics;
using Penstock.Drivers;
using Penstock.Net;
using Penstock.Timing;

namespace Penstock.Loop;

/// <summary>
/// One loop: it alone touches its driver, its connections and their handlers, so none of that needs a lock.
/// </summary>
internal sealed class EventLoop : ConnectionLoop
{
    /// <summary>
    /// Listeners on one loop. Their slots come before those of the connections, so that tables by slot are as large as
    /// the connections that there have been, and not as those that there may be.
    /// </summary>
    public const int MaxListeners = 64;

    /// <summary>
    /// Connections that are answered together. All of a turn's would share the kernel's code in the cache best, one at
    /// a time its data; decision 0012 has the measurement.
    /// </summary>
    private const int RepliesPerFlush = 16;

    /// <summary>For a driver whose closes take the kernel a moment.</summary>
    private static readonly TimeSpan ShutdownGrace = TimeSpan.FromSeconds(1);

    private readonly IoDriver _driver;
    private readonly ConnectionSlab _connections;
    private readonly LoopListener?[] _listeners = new LoopListener?[MaxListeners];
    private readonly Mailbox _mailbox;
    private readonly MemoryPressure _pressure;
    private readonly int _maxEventsPerTurn;
    private readonly int _repliesPerFlush;
    private readonly DeadlineList _backoff;
    private List<Connection> _dirty = [];
    private List<Connection> _flushing = [];
    private uint _listenerGeneration;
    private int _listenerCount;
    private readonly int _threadId;
    private readonly LoopPossessions _possessions;

    /// <summary>Two servers of a group may stop at the same time, each on a thread of its own.</summary>
    private int _givenUp;

    /// <param name="index">The loop's number in its group.</param>
    /// <param name="driver">The loop owns it; it must have <see cref="SlotsFor"/> slots.</param>
    /// <param name="clock">The time that all deadlines are kept in.</param>
    /// <param name="maxConnections">Connection slots.</param>
    /// <param name="maxEventsPerTurn">Completions dispatched before deadlines, mailbox and flush get their
    /// turn.</param>
    /// <param name="budget">What its connections may hold, with those of other loops; null without limit.</param>
    public EventLoop(
        int index,
        IoDriver driver,
        LoopClock clock,
        int maxConnections,
        int maxEventsPerTurn,
        MemoryBudget? budget = null)
        : base(index, clock, SlotsFor(maxConnections), budget ?? MemoryBudget.Unlimited)
    {
        _driver = driver;
        _maxEventsPerTurn = maxEventsPerTurn;
        _repliesPerFlush = driver.SendsAtOnce ? RepliesPerFlush : int.MaxValue;
        _connections = new ConnectionSlab(this, maxConnections, MaxListeners);
        _mailbox = new Mailbox(driver.Wake);
        Context = new EventLoopContext(this);
        _pressure = new MemoryPressure(this, _connections);
        _backoff = Deadlines.GetList(LoopListener.BackoffTime);
        _threadId = Environment.CurrentManagedThreadId;
        _possessions = new LoopPossessions(this);
    }

    public override IoDriver Driver => _driver;

    public override EventLoopContext Context { get; }

    public LoopTimers Timers { get; } = new();

    public override bool IsOnLoop => Environment.CurrentManagedThreadId == _threadId;

    /// <summary>Set by <see cref="Stop"/>: the turn in progress is the last.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>A stop goes on without the loop, because what runs there did not return. Any thread.</summary>
    public bool IsGivenUp => Volatile.Read(ref _givenUp) != 0;

    /// <summary>Whether the loop takes no more posts. Any thread; may be a moment late.</summary>
    public bool HasEnded => _mailbox.IsClosed;

    /// <summary>Connections in use, also for other threads, which may see it a moment late.</summary>
    public int ConnectionCount => _connections.Count;

    /// <summary>What waits for the peers; any thread.</summary>
    public SendBacklog ReadBacklog() => _connections.ReadBacklog();

    /// <summary>When the loop must next do something by itself.</summary>
    public long NextDeadline => _mailbox.HasWork || _dirty.Count > 0 ? 0 : Math.Min(Deadlines.Next, Timers.Next);

    /// <summary>Set when the loop is claimed for one connection at a time: called when that one is over.</summary>
    public Action<EventLoop>? Vacated { get; set; }

    public static int SlotsFor(int maxConnections) => maxConnections + MaxListeners;

    /// <summary>
    /// Everything the loop does, once. What was written to a connection leaves in one send, with the turn or with the
    /// batch of replies that it belongs to.
    /// </summary>
    public void RunTurn()
    {
        _driver.Wait(NextDeadline);
        Now = Math.Max(Now, Clock.Now);
        DispatchCompletions();
        ExpireDeadlines();
        Timers.RunDue(Now);
        _mailbox.Drain();
        FlushDirtyConnections();
        if (Memory.EndTurn())
            _pressure.Look();
        Statistics.Turns++;
    }

    public override bool Post(Action<object?, long> callback, object? state, long argument = 0) =>
        _mailbox.Post(callback, state, argument);

    public override void MarkDirty(Connection connection) => _dirty.Add(connection);

    public override void AwaitMemory(Connection connection) => _pressure.Await(connection);

    public override void Release(Connection connection)
    {
        if (connection.IsClosedForMemory)
            _pressure.OnReleased();
        _connections.Return(connection);
        Statistics.OpenConnections--;

        // Before the server counts the departure, so that a listener which is told of room finds a loop for it.
        Vacated?.Invoke(this);
        connection.Scope.Left();
        foreach (LoopListener? listener in _listeners)
            listener?.OnSlotFreed();
    }

    /// <summary>Takes an established connection onto this loop, or returns false when it has no slot left.</summary>
    public bool TryAdopt(ConnectionScope scope, SocketHandle socket)
    {
        if (_connections.TryRent() is not { } connection)
            return false;
        Enter(scope);
        Statistics.AcceptedConnections++;
        connection.Open(scope, socket);
        return true;
    }

    /// <summary>Starts an outbound connection; <paramref name="connected"/> tells how it ended.</summary>
    public void Connect(
        ConnectionScope scope, SocketHandle socket, SocketAddress remote, TaskCompletionSource<ConnectionId> connected)
    {
        if (_connections.TryRent() is not { } connection)
        {
            socket.Close();
            scope.Limiter.Leave();
            connected.TrySetException(new InvalidOperationException("The loop has no connection slot left."));
            return;
        }

        Enter(scope);
        connection.Connect(scope, socket, remote, connected);
    }

    /// <summary>Finds a connection by the handle that other threads keep.</summary>
    public bool TryGet(ConnectionId id, out Connection connection) => _connections.TryGet(id.Slot, out connection);

    public bool HasFreeSlot => !_connections.IsFull;

    /// <summary>Starts accepting. The listener keeps its place until <see cref="RemoveListener"/>.</summary>
    public SlotKey AddListener(LoopListener listener)
    {
        int place = Array.IndexOf(_listeners, null);
        if (place < 0)
            throw new InvalidOperationException($"A loop serves at most {MaxListeners} listeners.");
        _listeners[place] = listener;
        _listenerCount++;
        return new SlotKey(place, ++_listenerGeneration);
    }

    public void RemoveListener(SlotKey key)
    {
        _listeners[key.Index] = null;
        _listenerCount--;
    }

    public void StartBackoff(SlotKey listener) =>
        Deadlines.Set(ConnectionDeadlines.EntryOf(listener.Index), _backoff, Now);

    public void CancelBackoff(SlotKey listener) =>
        Deadlines.Cancel(ConnectionDeadlines.EntryOf(listener.Index));

    /// <summary>
    /// Calls <paramref name="action"/> for every connection of <paramref name="scope"/>, or of all; it may close them.
    /// </summary>
    public void ForEachConnection(ConnectionScope? scope, Action<Connection> action)
    {
        List<Connection> open = new(_connections.Count);
        _connections.CopyTo(open);
        foreach (Connection connection in open)
        {
            if (scope is null || ReferenceEquals(connection.Scope, scope))
                action(connection);
        }
    }

    /// <summary>Ends the loop after this turn. Loop thread only.</summary>
    public void Stop() => IsStopped = true;

    /// <summary>
    /// Ends every connection and listener, so that opened and closed pair, answers what is still in the mailbox and
    /// gives the driver's memory back.
    /// </summary>
    public void Shutdown(CloseReason reason)
    {
        try
        {
            // Before the connections are ended: what was posted may bring new ones.
            _mailbox.Close();
        }
        finally
        {
            EndAll(reason);
        }
    }

    /// <summary>A stop goes on without this loop, which is said once. Any thread.</summary>
    public void GiveUp()
    {
        if (Interlocked.Exchange(ref _givenUp, 1) == 0)
            PenstockEventSource.Log.LoopHeld(Index, ConnectionCount);
    }

    /// <summary>Has what users keep for this loop disposed when the loop ends, on its thread. Any thread.</summary>
    public void DisposeAtEnd(IDisposable item) => _possessions.Add(item);

    private void EndAll(CloseReason reason)
    {
        try
        {
            EndConnections(reason);
        }
        finally
        {
            _possessions.DisposeAll();
        }
    }

    private void EndConnections(CloseReason reason)
    {
        try
        {
            foreach (LoopListener? listener in _listeners)
                listener?.Close();
            ForEachConnection(null, connection => connection.CloseNow(reason, CloseMode.Reset));
            AwaitLastCompletions();
        }
        finally
        {
            // A driver that broke ends none of them, and one that takes too long not all; handlers hear of it anyway.
            foreach (LoopListener? listener in _listeners)
                listener?.Abandon();
            ForEachConnection(null, connection => connection.Abandon(reason));
            _pressure.End();
        }
    }

    private void AwaitLastCompletions()
    {
        long end = Clock.Now + Clock.ToTimestamps(ShutdownGrace);
        while ((_connections.Count > 0 || _listenerCount > 0) && Clock.Now < end)
        {
            _driver.Wait(end);
            while (_driver.TryNext(out Completion completion))
                Dispatch(in completion);
        }
    }

    private void DispatchCompletions()
    {
        int dispatched = 0;
        for (int budget = _maxEventsPerTurn; budget > 0 && _driver.TryNext(out Completion completion); budget--)
        {
            Dispatch(in completion);
            if (_pressure.HasClosed)
                _pressure.GiveBack();

            // More dirty connections than completions: one connection writes to many, and the next may again.
            if (++dispatched < _repliesPerFlush || _dirty.Count > dispatched)
                continue;
            FlushDirtyConnections();
            dispatched = 0;
        }
    }

    private void Enter(ConnectionScope scope)
    {
        scope.Count++;
        Statistics.OpenConnections++;
    }

    private void Dispatch(in Completion completion)
    {
        Statistics.Completions++;
        if (completion.Slot.Index < MaxListeners)
            DispatchToListener(in completion);
        else if (_connections.TryGet(completion.Slot, out Connection connection))
            Dispatch(connection, in completion);
        else
            Statistics.StaleCompletions++;
    }

    private static void Dispatch(Connection connection, in Completion completion)
    {
        switch (completion.Kind)
        {
            case CompletionKind.Received:
                connection.OnReceived(completion.Result, completion.Data);
                break;
            case CompletionKind.Sent:
                connection.OnSent(completion.Result);
                break;
            case CompletionKind.PeerFinished:
                connection.OnPeerFinishing();
                break;
            case CompletionKind.Closed:
                connection.OnClosed();
                break;
            case CompletionKind.Connected:
                connection.OnConnected(completion.Result);
                break;
            default:
                throw new UnreachableException($"A connection cannot complete {completion.Kind}.");
        }
    }

    private void DispatchToListener(in Completion completion)
    {
        LoopListener? listener = _listeners[completion.Slot.Index];
        if (listener is not null && listener.Key == completion.Slot)
        {
            listener.OnCompletion(in completion);
            return;
        }

        Statistics.StaleCompletions++;
        if (completion.Kind == CompletionKind.Accepted && completion.Result >= 0)
            completion.Socket.Close();
    }

    private void ExpireDeadlines()
    {
        while (Deadlines.TryTakeExpired(Now, out int entry))
        {
            int slot = ConnectionDeadlines.SlotOf(entry);
            if (slot < MaxListeners)
                _listeners[slot]?.OnBackoffEnded();
            else if ((entry & 1) == 0)
                _connections[slot].OnReceiveDeadline();
            else
                _connections[slot].OnSendDeadline();
        }
    }

    /// <summary>
    /// What becomes dirty here is sent with the next batch, or in the next turn, which then does not wait.
    /// </summary>
    private void FlushDirtyConnections()
    {
        (_dirty, _flushing) = (_flushing, _dirty);
        foreach (Connection connection in _flushing)
            connection.EndTurn();
        _flushing.Clear();
    }
}
