using System.Net;
using System.Net.Sockets;
using Penstock.Buffers;
using Penstock.Connections;
using Penstock.Drivers;
using Penstock.Loop;
using Penstock.Timing;

namespace Penstock;

/// <summary>
/// Event loops, each on a thread of its own, shared by any number of servers and outbound connections.
/// </summary>
/// <remarks>All members may be called from any thread.</remarks>
public sealed class LoopGroup : IAsyncDisposable
{
    private readonly LoopOptions _options;
    private readonly LoopThread[] _threads;
    private readonly List<LoopThread> _connectionThreads = [];
    private readonly LoopClock _clock;
    private readonly MemoryBudget _budget;
    private readonly LoopMeter _meter;
    private readonly string _remarks;
    private EventLoop[] _loops;
    private int _nextForConnect;
    private int _disposed;

    /// <summary>Starts the loops; they run when this returns.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option's value; the message names it.</exception>
    /// <exception cref="IOException">The system has no thread or no descriptor left for a loop.</exception>
    /// <exception cref="NotSupportedException">This machine lacks the mechanism or the trigger that was asked
    /// for.</exception>
    public LoopGroup(LoopOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options = AsModelDemands(options.Copy());
        if (options.Io == IoMechanism.ThreadPerConnection)
            ConnectionThreads = new ConnectionThreads(StartLoop, options.MaxConnectionThreads);
        _clock = new LoopClock(options.TimeProvider);
        _budget = new MemoryBudget(options.MaxMemoryForConnections);
        (_threads, _loops, _remarks) = StartLoops(options, _clock, _budget);
        Array.ForEach(_loops, loop => loop.Context.Join(this));
        _meter = new LoopMeter(() => Volatile.Read(ref _loops));
        Task[] ended = Array.ConvertAll(_threads, thread => thread.Ended);
        Ended = Task.WhenAll(ended);
        Completion = AwaitFirstFaultAsync(ended);
    }

    /// <summary>A group of loops that somebody else made, turns and takes down, as a simulation does.</summary>
    internal LoopGroup(EventLoop[] loops, LoopClock clock)
    {
        _options = new LoopOptions();
        _budget = MemoryBudget.Unlimited;
        _clock = clock;
        _threads = [];
        _loops = loops;
        Array.ForEach(_loops, loop => loop.Context.Join(this));
        _remarks = "";
        _meter = new LoopMeter(() => loops);
        Ended = Completion = Task.CompletedTask;
    }

    /// <summary>
    /// How many loops there are. Under <see cref="IoMechanism.ThreadPerConnection"/> their number grows with the
    /// connections: loop 0 accepts, and each of the others serves one.
    /// </summary>
    public int Count => _loops.Length;

    /// <summary>A loop of the group, by its number.</summary>
    /// <param name="loop">From 0 to <see cref="Count"/>.</param>
    public EventLoopContext this[int loop] => _loops[loop].Context;

    /// <summary>
    /// What really runs, as in <c>epoll, level-triggered, 2 loops</c>; then, when the choice was left open, why better
    /// mechanisms were passed over.
    /// </summary>
    public string Description =>
        $"{_loops[0].Driver.Description}, {DescribeModel()}{_remarks}";

    /// <summary>The clock of all deadlines.</summary>
    public TimeProvider TimeProvider => _clock.Provider;

    /// <summary>
    /// Completes when all loops have ended in order; faulted as soon as one breaks, which is when the mechanism it
    /// waits with fails. Nothing that the application throws breaks a loop. The connections of a broken one are reset,
    /// and no other takes its place: the handlers there, and what they keep with their loop, ended with it. Dispose the
    /// group then and start anew, or end the process and let its supervisor do that.
    /// </summary>
    /// <remarks>
    /// A loop that serves one connection, under <see cref="IoMechanism.ThreadPerConnection"/>, costs that connection
    /// when it breaks; only the one that accepts is meant here.
    /// </remarks>
    public Task Completion { get; }

    /// <summary>
    /// Whether all loops run, for a health check: false when one broke, and when the group was disposed.
    /// </summary>
    public bool IsHealthy => !Completion.IsCompleted && Volatile.Read(ref _disposed) == 0;

    /// <summary>Completes when all loops have ended; faulted with the first failure when one broke.</summary>
    internal Task Ended { get; }

    /// <summary>Whether the caller is on one of the loops, so that it must not wait for one.</summary>
    public bool IsOnLoop => OwnLoop is not null;

    internal ReadOnlySpan<EventLoop> Loops => _loops;

    internal LoopClock Clock => _clock;

    /// <summary>The threads that are started for connections; null in every model but that one.</summary>
    internal ConnectionThreads? ConnectionThreads { get; }

    /// <summary>
    /// Runs <paramref name="work"/> on the connection's loop, with the connection. Does nothing when the connection has
    /// ended by then. What the work throws resets the connection.
    /// </summary>
    /// <returns>False when the loop has ended.</returns>
    public bool Post(ConnectionId id, Action<Connection> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        EventLoop loop = _loops[id.Loop];
        return loop.Post((_, _) => RunOn(loop, id, work), null);
    }

    /// <summary>Connects to a server; the connection then behaves as an accepted one.</summary>
    /// <param name="remote">An <see cref="IPEndPoint"/> or a <see cref="UnixDomainSocketEndPoint"/>; names are not
    /// resolved.</param>
    /// <param name="handler">Serves this connection, on its loop.</param>
    /// <param name="options">Its limits; null for the defaults.</param>
    /// <param name="loop">The loop that gets it; null for the caller's, or for each in turn when the caller is on
    /// none.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <returns>The connection's id; <see cref="ConnectionHandler.OnOpened"/> has been called by then. What that
    /// throws faults the task.</returns>
    /// <exception cref="SocketException">The connection could not be established.</exception>
    /// <remarks>
    /// Do not wait for the task on a loop (<c>.Wait()</c>, <c>.Result</c>): the loop that waits is the one that would
    /// complete it. Await it.
    /// </remarks>
    public async Task<ConnectionId> ConnectAsync(
        EndPoint remote,
        ConnectionHandler handler,
        ConnectionOptions? options = null,
        int? loop = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentNullException.ThrowIfNull(handler);
        options ??= new ConnectionOptions();
        options.Validate();
        if (loop is not null && ConnectionThreads is not null)
        {
            throw new NotSupportedException(
                "With a thread per connection each gets its own; the loop cannot be chosen.");
        }
        Func<EventLoop> claim = loop is { } index ? () => _loops[index] : ChooseForConnect;
        var attempt = new ConnectAttempt(remote, handler, options);
        return await attempt.RunAsync(claim, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Ends the loops: connections that are still there are reset. Stop the servers of the group first to end theirs in
    /// peace. A loop whose handler does not return is left behind after <see cref="LoopOptions.StopTimeout"/>.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        bool isFirst = Interlocked.Exchange(ref _disposed, 1) == 0;
        LoopThread[] threads = StopStarting();
        EventLoop[] loops = Array.ConvertAll(threads, thread => thread.Started.Result);
        if (isFirst)
        {
            _meter.Dispose();
            foreach (EventLoop loop in loops)
                loop.Post(static (target, _) => ((EventLoop)target!).Stop(), loop);
        }

        Task[] ended = Array.ConvertAll(threads, thread => thread.Ended);
        await AwaitLoopsAsync(loops, ended, loop => loop.GiveUp()).ConfigureAwait(false);
    }

    /// <summary>
    /// Waits for what loops were asked to do before a stop can go on; for those of which one is held, no longer than
    /// <see cref="LoopOptions.StopTimeout"/>, and for one that was given up before, not at all.
    /// </summary>
    /// <param name="loops">The loops.</param>
    /// <param name="done">What each of them does, in the same order. Failures are left to the caller.</param>
    /// <param name="giveUp">Called for each that did not do it in time.</param>
    internal async Task AwaitLoopsAsync(EventLoop[] loops, Task[] done, Action<EventLoop> giveUp)
    {
        Task all = Task.WhenAll(done.Where((_, i) => !loops[i].IsGivenUp));
        using var over = new CancellationTokenSource();

        // In real time: it is a thread that is waited for, whatever the clock of its deadlines says.
        Task timeout = Task.Delay(_options.StopTimeout, TimeProvider.System, over.Token);
        await Task.WhenAny(all, timeout).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        for (int i = 0; i < loops.Length; i++)
        {
            if (!done[i].IsCompleted)
                giveUp(loops[i]);
        }
    }

    private static async Task AwaitFirstFaultAsync(Task[] ended)
    {
        await foreach (Task loop in Task.WhenEach(ended).ConfigureAwait(false))
            await loop.ConfigureAwait(false);
    }

    private EventLoop? OwnLoop => Array.Find(Volatile.Read(ref _loops), loop => loop.IsOnLoop);

    private string DescribeModel()
    {
        if (ConnectionThreads is { } threads)
            return $"a thread per connection, at most {threads.Maximum}";
        if (Count == 1 && _options.MaxConnectionsPerLoop == 1)
            return "one connection at a time";
        return Count == 1 ? "1 loop" : $"{Count} loops";
    }

    /// <summary>Starts a thread with a loop for one connection; null when the group is being disposed.</summary>
    private EventLoop? StartLoop()
    {
        lock (_connectionThreads)
        {
            if (Volatile.Read(ref _disposed) != 0)
                return null;
            var thread = new LoopThread(
                _options, _clock, _budget, _loops.Length, ConnectionThreads.StackBytes);
            EventLoop loop = thread.Started.GetAwaiter().GetResult();
            loop.Context.Join(this);
            _connectionThreads.Add(thread);
            Volatile.Write(ref _loops, [.. _loops, loop]);
            return loop;
        }
    }

    /// <summary>No thread is started from here on; returns all that there are, each with its loop.</summary>
    private LoopThread[] StopStarting()
    {
        lock (_connectionThreads)
            return [.. _threads, .. _connectionThreads];
    }

    /// <summary>
    /// The blocking models are made of loops with room for one connection; one such loop is where they begin.
    /// </summary>
    private static LoopOptions AsModelDemands(LoopOptions options)
    {
        if (options.Io is not (IoMechanism.Blocking or IoMechanism.ThreadPerConnection))
            return options;
        options.MaxConnectionThreads = Math.Min(options.MaxConnectionThreads, options.MaxConnectionsPerLoop);
        options.Count = options.MaxConnectionsPerLoop = 1;
        return options;
    }

    /// <summary>
    /// Starts the loops on the mechanism that was asked for, or on the best on which all of them start.
    /// </summary>
    private static (LoopThread[] Threads, EventLoop[] Loops, string Remarks) StartLoops(
        LoopOptions options, LoopClock clock, MemoryBudget budget)
    {
        List<MechanismReport> failed = [];
        while (true)
        {
            MechanismChoice choice = DriverProbe.Choose(options.Io, options.Trigger, failed);
            LoopOptions chosen = options.Copy();
            chosen.Io = choice.Mechanism;
            try
            {
                LoopThread[] threads =
                    StartThreads(chosen.Count, index => new LoopThread(chosen, clock, budget, index));
                return (threads, AwaitStart(threads), choice.Remarks);
            }
            catch (MechanismRefusedException refused) when (DriverProbe.IsOpen(options.Io, options.Trigger))
            {
                failed.Add(refused.Report);
            }
        }
    }

    /// <summary>All of the threads, or none: the system may refuse one in the middle.</summary>
    internal static LoopThread[] StartThreads(int count, Func<int, LoopThread> start)
    {
        List<LoopThread> threads = [];
        try
        {
            for (int i = 0; i < count; i++)
                threads.Add(start(i));
            return [.. threads];
        }
        catch
        {
            StopAll(threads);
            throw;
        }
    }

    private static EventLoop[] AwaitStart(LoopThread[] threads)
    {
        try
        {
            return Array.ConvertAll(threads, thread => thread.Started.GetAwaiter().GetResult());
        }
        catch
        {
            StopAll(threads);
            throw;
        }
    }

    /// <summary>Ends the loops that have started, and those that will.</summary>
    private static void StopAll(IEnumerable<LoopThread> threads)
    {
        foreach (LoopThread thread in threads)
            _ = thread.Started.ContinueWith(StopStarted, TaskScheduler.Default);

        static void StopStarted(Task<EventLoop> started)
        {
            if (started.IsCompletedSuccessfully)
                started.Result.Post(static (target, _) => ((EventLoop)target!).Stop(), started.Result);
        }
    }

    /// <summary>Runs work for a connection, if it is still there. Loop thread only.</summary>
    internal static void RunOn(EventLoop loop, ConnectionId id, Action<Connection> work)
    {
        if (loop.TryGet(id, out Connection connection))
            GuardedHandler.Run(connection, work);
        else
            loop.Statistics.StaleCompletions++;
    }

    private EventLoop ChooseForConnect()
    {
        if (ConnectionThreads is { } threads)
            return threads.TryClaim() ?? throw NoThread();
        return OwnLoop ?? _loops[(uint)Interlocked.Increment(ref _nextForConnect) % (uint)_loops.Length];
    }

    private InvalidOperationException NoThread() => Volatile.Read(ref _disposed) != 0
        ? new ObjectDisposedException(nameof(LoopGroup))
        : new InvalidOperationException("All connection threads are taken.");
}
