using System.Net;
using Penstock.Connections;
using Penstock.Diagnostics;
using Penstock.Drivers;
using Penstock.Net;

namespace Penstock.Loop;

/// <summary>A server's parts on all loops of a group: how they start together and how they stop together.</summary>
internal sealed class RunningServer
{
    private readonly ServerOptions _options;
    private readonly LoopGroup _group;
    private readonly ConnectionLimiter _limiter;
    private readonly ListenSocket _listenSocket;
    private readonly ServerOnLoop[] _parts;
    private readonly Func<EventLoopContext, ConnectionHandler> _handlerFactory;

    /// <summary>The parts on threads that were started for connections, by the number of their loop.</summary>
    private readonly Dictionary<int, ServerOnLoop> _threadParts = [];
    private readonly Lock _gate = new();
    private LoopListener[] _listeners = [];
    private readonly TaskCompletionSource _fault = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _unlistening;

    private RunningServer(
        ServerOptions options,
        Func<EventLoopContext, ConnectionHandler> handlerFactory,
        LoopGroup group,
        int listeners)
    {
        _options = options;
        _group = group;
        _handlerFactory = handlerFactory;
        _limiter = new ConnectionLimiter(options.MaxConnections);
        _parts = new ServerOnLoop[AcceptingLoops(group)];
        for (int i = 0; i < _parts.Length; i++)
            _parts[i] = CreatePart(group.Loops[i], MakeHandler);
        _listenSocket = ListenSocket.Open(options, listeners);
        _limiter.OnRoom = OnRoom;
        _group.ConnectionThreads?.Subscribe(OnRoom);
    }

    public EndPoint EndPoint => _listenSocket.EndPoint;

    public int ConnectionCount => _limiter.Count;

    /// <summary>Never completes, but fails when a listener breaks.</summary>
    public Task Fault => _fault.Task;

    private string Name => EndPoint.ToString()!;

    public static RunningServer Start(
        ServerOptions options, Func<EventLoopContext, ConnectionHandler> handlerFactory, LoopGroup group)
    {
        ReferencedAssemblies.LoadAll();
        int loops = AcceptingLoops(group);
        bool listenerPerLoop = UsesReusePort(options, loops);
        var server = new RunningServer(options, handlerFactory, group, listenerPerLoop ? loops : 1);
        try
        {
            server.StartListeners(listenerPerLoop);
            return server;
        }
        catch
        {
            group.ConnectionThreads?.Unsubscribe(server.OnRoom);
            server._listenSocket.Dispose();
            throw;
        }
    }

    /// <summary>Has newcomers wait in the backlog, or lets them in again. Any thread.</summary>
    public void PauseAccepting(bool pause)
    {
        _limiter.IsPaused = pause;
        foreach (LoopListener listener in _listeners)
            listener.Loop.Post(static (target, _) => ((LoopListener)target!).ApplyPause(), listener);
    }

    /// <summary>
    /// Closes the listeners; calling it again joins the first call. Those of a loop that is held refuse newcomers, and
    /// are closed when it comes back.
    /// </summary>
    public Task StopAcceptingAsync()
    {
        lock (_gate)
            return _unlistening ??= UnlistenAsync();
    }

    /// <summary>Stops accepting, drains the connections and resets those that do not finish in time.</summary>
    /// <param name="impatience">Cancelled when those that are left are to be reset at once.</param>
    public async Task StopAsync(CancellationToken impatience)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(impatience);
        Task timeout = Task.Delay(_options.ShutdownTimeout, _group.Clock.Provider, limit.Token);
        await StopAcceptingAsync().ConfigureAwait(false);
        _group.ConnectionThreads?.Unsubscribe(OnRoom);

        Action<Connection> end = impatience.IsCancellationRequested
            ? static connection => connection.CloseNow(CloseReason.ServerShutdown, CloseMode.Reset)
            : static connection => connection.Stop();
        ServerOnLoop[] parts = AllParts();
        Task[] drained = Array.ConvertAll(parts, part => OnLoop(part.Loop, done => End(part, end, done)));
        Task allDrained = Task.WhenAll(drained);
        if (await Task.WhenAny(allDrained, timeout).ConfigureAwait(false) == timeout)
        {
            if (!impatience.IsCancellationRequested)
                PenstockEventSource.Log.ShutdownTimeout(Name, ConnectionCount);
            ResetConnections();
        }

        await _group.AwaitLoopsAsync(
            Array.ConvertAll(parts, part => part.Loop), drained, loop => loop.GiveUp()).ConfigureAwait(false);
        await Task.WhenAll(drained.Where(task => task.IsFaulted)).ConfigureAwait(false);

        // Or its timer would keep the server in memory until it ran out.
        await limit.CancelAsync().ConfigureAwait(false);
    }

    private void ResetConnections()
    {
        foreach (ServerOnLoop part in AllParts())
            part.Loop.Post(static (target, _) => Reset((ServerOnLoop)target!), part);
    }

    private async Task UnlistenAsync()
    {
        EventLoop[] loops = Array.ConvertAll(_parts, part => part.Loop);
        Task[] closed = Array.ConvertAll(loops, loop => OnLoop(loop, done => CloseListeners(loop, done)));
        await _group.AwaitLoopsAsync(loops, closed, RefuseNewcomers).ConfigureAwait(false);
        await Task.WhenAll(closed.Where(task => task.IsFaulted)).ConfigureAwait(false);
        try
        {
            _listenSocket.Dispose();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The connections are still to be drained: a stop must not end half-way because of a file.
            PenstockEventSource.Log.SocketFileLeft(Name, exception.Message);
        }
    }

    private void RefuseNewcomers(EventLoop held)
    {
        foreach (LoopListener listener in _listeners)
        {
            if (listener.Loop == held)
                listener.Refuse();
        }
    }

    private static void Reset(ServerOnLoop part) =>
        part.Loop.ForEachConnection(part.Scope, c => c.CloseNow(CloseReason.ServerShutdown, CloseMode.Reset));

    /// <summary>Threads for connections accept none; they get their part of a server with a connection of it.</summary>
    private static int AcceptingLoops(LoopGroup group) => group.ConnectionThreads is null ? group.Count : 1;

    private static bool UsesReusePort(ServerOptions options, int loops) => options.Distribution switch
    {
        AcceptDistribution.Auto => loops > 1 && ListenSocket.SupportsReusePort(options.EndPoint),
        AcceptDistribution.ReusePort when !ListenSocket.SupportsReusePort(options.EndPoint) =>
            throw new NotSupportedException(
                $"{nameof(AcceptDistribution)}.{nameof(AcceptDistribution.ReusePort)} needs Linux and an IP address."),
        AcceptDistribution.ReusePort => loops > 1,
        _ => false,
    };

    private ServerOnLoop[] AllParts()
    {
        lock (_threadParts)
            return [.. _parts, .. _threadParts.Values];
    }

    /// <summary>
    /// The server's part on a thread for connections, made when the thread gets its first one from this server; null
    /// when the thread has ended.
    /// </summary>
    private ServerOnLoop? PartOn(EventLoop loop)
    {
        lock (_threadParts)
        {
            if (_threadParts.TryGetValue(loop.Index, out ServerOnLoop? part) && !part.Scope.Handler.IsUnmade)
                return part;
            try
            {
                return _threadParts[loop.Index] = CreatePart(loop, TryMakeHandler);
            }
            catch (ObjectDisposedException) when (loop.HasEnded)
            {
                return null;
            }
        }
    }

    /// <summary>
    /// While the server runs, a factory that throws costs the connection that needed the handler; the thread's next
    /// connection asks it again.
    /// </summary>
    private ConnectionHandler TryMakeHandler(EventLoopContext loop)
    {
        try
        {
            return MakeHandler(loop);
        }
        catch (Exception exception)
        {
            return new UnmadeHandler(exception);
        }
    }

    private ConnectionHandler MakeHandler(EventLoopContext loop) =>
        _handlerFactory(loop) ?? throw new InvalidOperationException("The handler factory returned null.");

    /// <summary>
    /// Handler and deadline lists are made on the loop, which may be serving others already: they are its own.
    /// </summary>
    private ServerOnLoop CreatePart(EventLoop loop, Func<EventLoopContext, ConnectionHandler> makeHandler)
    {
        ServerOnLoop? part = null;
        RunOnLoop(loop, () =>
        {
            ConnectionLimits limits = ConnectionLimits.From(_options, loop.Deadlines);
            part = new ServerOnLoop(loop, new ConnectionScope(makeHandler(loop.Context), limits, _limiter));
        });
        return part!;
    }

    private void StartListeners(bool listenerPerLoop)
    {
        // All of them exist before the first one accepts: a connection that leaves tells every listener.
        var listeners = new LoopListener[listenerPerLoop ? _parts.Length : 1];
        for (int i = 0; i < listeners.Length; i++)
            listeners[i] = CreateListener(_parts[i].Loop, Placement(listenerPerLoop, i));

        _listeners = listeners;
        for (int i = 0; i < listeners.Length; i++)
            StartListener(i);
    }

    private void StartListener(int index)
    {
        LoopListener listener = _listeners[index];
        SocketHandle socket = _listenSocket.Take(index, listener.Loop.Driver.UsesManagedSockets);
        try
        {
            RunOnLoop(listener.Loop, () => listener.Start(socket));
        }
        catch
        {
            socket.Close();
            foreach (LoopListener started in _listeners.AsSpan(0, index))
                started.Loop.Post(static (target, _) => ((LoopListener)target!).Close(), started);
            foreach (LoopListener unused in _listeners.AsSpan(index))
                unused.Dispose();
            throw;
        }
    }

    private LoopListener CreateListener(EventLoop loop, ConnectionPlacement placement) =>
        new(loop, placement, _limiter, Name, fault => _fault.TrySetException(fault));

    private ConnectionPlacement Placement(bool listenerPerLoop, int index)
    {
        if (_group.ConnectionThreads is { } threads)
            return ConnectionPlacement.PerThread(threads, PartOn);
        if (listenerPerLoop || _parts.Length == 1)
            return ConnectionPlacement.Local(_parts[index]);
        return _options.Distribution == AcceptDistribution.LeastConnections
            ? ConnectionPlacement.LeastConnections(_parts)
            : ConnectionPlacement.RoundRobin(_parts);
    }

    private void OnRoom()
    {
        foreach (LoopListener listener in _listeners)
            listener.Loop.Post(static (target, _) => ((LoopListener)target!).OnRoom(), listener);
    }

    private void CloseListeners(EventLoop loop, Action done)
    {
        LoopListener[] here = [.. _listeners.Where(listener => listener.Loop == loop)];
        int open = here.Length;
        if (open == 0)
            done();
        foreach (LoopListener listener in here)
        {
            listener.OnClosed = () =>
            {
                if (--open == 0)
                    done();
            };
            listener.Close();
        }
    }

    /// <summary>
    /// Ends the connections of one part; <paramref name="done"/> is called when the last is closed. Loop thread only.
    /// </summary>
    internal static void End(ServerOnLoop part, Action<Connection> end, Action done)
    {
        part.Scope.IsClosing = true;
        part.Scope.OnEmpty = done;
        if (part.Scope.Count == 0)
            done();
        else
            part.Loop.ForEachConnection(part.Scope, end);
    }

    /// <summary>Runs work on a loop and waits for it.</summary>
    /// <exception cref="ObjectDisposedException">The loop has ended.</exception>
    private static void RunOnLoop(EventLoop loop, Action work)
    {
        if (loop.IsOnLoop)
        {
            work();
            return;
        }

        bool ran = false;
        OnLoop(loop, done =>
        {
            ran = true;
            work();
            done();
        }).GetAwaiter().GetResult();
        ObjectDisposedException.ThrowIf(!ran, typeof(LoopGroup));
    }

    /// <summary>Starts work on a loop; the task completes when the work calls what it is given.</summary>
    private static Task OnLoop(EventLoop loop, Action<Action> work)
    {
        var finished = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool posted = loop.Post(
            (_, _) =>
            {
                try
                {
                    work(() => finished.TrySetResult());
                }
                catch (Exception exception)
                {
                    finished.TrySetException(exception);
                }
            },
            null);
        if (!posted)
            finished.TrySetResult();
        return finished.Task;
    }
}
