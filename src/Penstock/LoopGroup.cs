using System.Net;
using System.Net.Sockets;
using Penstock.Connections;
using Penstock.Diagnostics;
using Penstock.Loop;
using Penstock.Timing;

namespace Penstock;

/// <summary>
/// Event loops, each on a thread of its own, shared by any number of servers and outbound connections.
/// </summary>
/// <remarks>All members may be called from any thread.</remarks>
public sealed class LoopGroup : IAsyncDisposable
{
    private readonly LoopThread[] _threads;
    private readonly EventLoop[] _loops;
    private readonly LoopClock _clock;
    private readonly LoopMeter _meter;
    private int _nextForConnect;
    private int _disposed;

    /// <summary>Starts the loops; they run when this returns.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option's value; the message names it.</exception>
    /// <exception cref="NotSupportedException">This machine lacks the mechanism or the trigger that was asked for.</exception>
    public LoopGroup(LoopOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        options = options.Copy();
        _clock = new LoopClock(options.TimeProvider);
        _threads = new LoopThread[options.Count];
        for (int i = 0; i < _threads.Length; i++)
            _threads[i] = new LoopThread(options, _clock, i);
        _loops = AwaitStart(_threads);
        _meter = new LoopMeter(_loops);
        Task[] ended = Array.ConvertAll(_threads, thread => thread.Ended);
        Ended = Task.WhenAll(ended);
        Broken = AwaitFirstFaultAsync(ended);
    }

    /// <summary>How many loops there are.</summary>
    public int Count => _loops.Length;

    /// <summary>What really runs, as in <c>epoll, level-triggered, 2 loops</c>.</summary>
    public string Description =>
        $"{_loops[0].Driver.Description}, {Count} {(Count == 1 ? "loop" : "loops")}";

    /// <summary>Completes when all loops have ended; faulted with the first failure when one broke.</summary>
    internal Task Ended { get; }

    /// <summary>Fails as soon as one loop breaks; completes when all have ended in order.</summary>
    internal Task Broken { get; }

    internal ReadOnlySpan<EventLoop> Loops => _loops;

    internal LoopClock Clock => _clock;

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

    /// <summary>Runs <paramref name="work"/> on a loop, from 0 to <see cref="Count"/>.</summary>
    /// <remarks>The work must not throw: there is no connection to blame, so the loop ends.</remarks>
    /// <returns>False when the loop has ended.</returns>
    public bool Post(int loop, Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return _loops[loop].Post(static (work, _) => ((Action)work!)(), work);
    }

    /// <summary>
    /// Calls <paramref name="callback"/> on a loop every <paramref name="period"/>, on the loop's clock, until what is
    /// returned is disposed. A loop that is late skips beats. The callback must not throw.
    /// </summary>
    public IDisposable StartTimer(int loop, TimeSpan period, Action callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        if (period <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(period), period, "A timer's period must be positive.");
        return new LoopTimer(_loops[loop], period, callback);
    }

    /// <summary>Connects to a server; the connection then behaves as an accepted one.</summary>
    /// <param name="remote">An <see cref="IPEndPoint"/> or a <see cref="UnixDomainSocketEndPoint"/>; names are not resolved.</param>
    /// <param name="handler">Serves this connection, on its loop.</param>
    /// <param name="options">Its limits; null for the defaults.</param>
    /// <param name="loop">The loop that gets it; null for the caller's, or for each in turn when the caller is on none.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <returns>The connection's id; <see cref="ConnectionHandler.OnOpened"/> has been called by then.</returns>
    /// <exception cref="SocketException">The connection could not be established.</exception>
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
        EventLoop target = loop is { } index ? _loops[index] : ChooseForConnect();
        var attempt = new ConnectAttempt(target, remote, handler, options);
        return await attempt.RunAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Ends the loops: connections that are still there are reset. Stop the servers of the group first to end theirs in
    /// peace.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _meter.Dispose();
            foreach (EventLoop loop in _loops)
                loop.Post(static (target, _) => ((EventLoop)target!).Stop(), loop);
        }

        await Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task AwaitFirstFaultAsync(Task[] ended)
    {
        await foreach (Task loop in Task.WhenEach(ended).ConfigureAwait(false))
            await loop.ConfigureAwait(false);
    }

    private static EventLoop[] AwaitStart(LoopThread[] threads)
    {
        try
        {
            return Array.ConvertAll(threads, thread => thread.Started.GetAwaiter().GetResult());
        }
        catch
        {
            foreach (LoopThread thread in threads)
                _ = thread.Started.ContinueWith(StopStarted, TaskScheduler.Default);
            throw;
        }

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
        foreach (EventLoop loop in _loops)
        {
            if (loop.IsOnLoop)
                return loop;
        }

        return _loops[(uint)Interlocked.Increment(ref _nextForConnect) % (uint)_loops.Length];
    }
}
