using System.Net;
using Penstock.Loop;

namespace Penstock;

/// <summary>
/// A listener on event loops: from <see cref="Start(ServerOptions, Func{EventLoopContext, ConnectionHandler})"/> it
/// serves, until it is stopped.
/// </summary>
/// <remarks>
/// The name says TCP; Unix domain sockets and inherited descriptors work the same. All members may be called from any
/// thread.
/// </remarks>
public sealed class TcpServer : IAsyncDisposable, IDisposable
{
    private readonly RunningServer _server;
    private readonly LoopGroup _group;
    private readonly bool _ownsGroup;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _impatience = new();
    private Task? _stopping;

    private TcpServer(RunningServer server, LoopGroup group, bool ownsGroup)
    {
        _server = server;
        _group = group;
        _ownsGroup = ownsGroup;
        _ = WatchAsync();
    }

    /// <summary>Where the server really listens: port 0 has become a number.</summary>
    public EndPoint EndPoint => _server.EndPoint;

    /// <summary>What really runs, as in <c>epoll, level-triggered, 2 loops</c>.</summary>
    public string Description => _group.Description;

    /// <summary>The loops that serve the connections.</summary>
    public LoopGroup Group => _group;

    /// <summary>Connections now, over all loops.</summary>
    public int ConnectionCount => _server.ConnectionCount;

    /// <summary>Completes when the server has stopped; faulted when its listener or a loop broke.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Starts a server on loops of its own. It accepts connections when this returns.</summary>
    /// <param name="options">Read once, here.</param>
    /// <param name="handlerFactory">
    /// Makes the handler of each loop, which it is given; called once per loop, on that loop. Under
    /// <see cref="IoMechanism.ThreadPerConnection"/> also later, for each thread that gets a connection of this server
    /// for the first time. What it throws here is thrown on, and nothing is left behind; what it throws later resets
    /// the connection that needed the handler. It must not block: the loop may be serving others already.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">An option's value; the message names it.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The address is in use, or not allowed.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no directory for the Unix domain socket.</exception>
    /// <exception cref="NotSupportedException">This machine lacks the mechanism or the trigger that was asked
    /// for.</exception>
    public static TcpServer Start(ServerOptions options, Func<EventLoopContext, ConnectionHandler> handlerFactory)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(handlerFactory);
        options.Validate();
        LoopOptions loops = options.Loops.Copy();
        loops.MaxConnectionsPerLoop = options.MaxConnections;
        var group = new LoopGroup(loops);
        try
        {
            return new TcpServer(RunningServer.Start(options, handlerFactory, group), group, ownsGroup: true);
        }
        catch
        {
            group.DisposeAsync().AsTask().GetAwaiter().GetResult();
            throw;
        }
    }

    /// <summary>Starts a server on given loops, beside whatever else they serve. It does not end them.</summary>
    /// <inheritdoc cref="Start(ServerOptions, Func{EventLoopContext, ConnectionHandler})"/>
    public static TcpServer Start(
        ServerOptions options, Func<EventLoopContext, ConnectionHandler> handlerFactory, LoopGroup group)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(handlerFactory);
        ArgumentNullException.ThrowIfNull(group);
        options.Validate();
        return new TcpServer(RunningServer.Start(options, handlerFactory, group), group, ownsGroup: false);
    }

    /// <summary>
    /// Stops accepting until <see cref="ResumeAccepting"/>; for a server whose application does not keep up with its
    /// newcomers. They wait in the kernel's backlog, and are refused when that is full.
    /// </summary>
    /// <remarks>A mechanism may have accepted a few already; they are kept and served after the pause.</remarks>
    public void PauseAccepting() => _server.PauseAccepting(true);

    /// <summary>Ends <see cref="PauseAccepting"/>; does nothing when accepting is not paused.</summary>
    public void ResumeAccepting() => _server.PauseAccepting(false);

    /// <summary>
    /// Stops accepting for good and frees the address; connections that are there go on. <see cref="StopAsync"/> is
    /// still to be called. Newcomers are refused from here on.
    /// </summary>
    public Task StopAcceptingAsync() => _server.StopAcceptingAsync();

    /// <summary>
    /// Stops accepting, lets every connection finish what is staged for it, and resets those that have not after
    /// <see cref="ServerOptions.ShutdownTimeout"/>. Calling it again joins the stop that is under way.
    /// </summary>
    /// <param name="cancellationToken">Ends the patience: what is left is reset at once.</param>
    /// <remarks>
    /// A loop whose handler does not return has <see cref="LoopOptions.StopTimeout"/> more and is left behind then, so
    /// a stop always ends. A handler must not wait for it on its loop (<c>.Wait()</c>), which would be such a handler;
    /// it may await it.
    /// </remarks>
    public Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            _impatience.Cancel();
        lock (_gate)
            _stopping ??= StopCoreAsync();
        return AwaitStopAsync(_stopping, cancellationToken);
    }

    /// <summary>As <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>As <see cref="StopAsync"/>, but does not wait for connections to finish: they are reset.</summary>
    /// <exception cref="InvalidOperationException">The caller is on one of the server's loops, which would wait for
    /// itself.</exception>
    public void Dispose()
    {
        if (_group.IsOnLoop)
        {
            throw new InvalidOperationException(
                $"{nameof(Dispose)} waits for the loops and was called on one of them; await {nameof(StopAsync)}.");
        }

        StopAsync(new CancellationToken(canceled: true)).GetAwaiter().GetResult();
    }

    private async Task AwaitStopAsync(Task stopping, CancellationToken cancellationToken)
    {
        using (cancellationToken.Register(static source => ((CancellationTokenSource)source!).Cancel(), _impatience))
            await stopping.ConfigureAwait(false);
    }

    private async Task StopCoreAsync()
    {
        try
        {
            await _server.StopAsync(_impatience.Token).ConfigureAwait(false);
        }
        finally
        {
            if (_ownsGroup)
                await _group.DisposeAsync().ConfigureAwait(false);
            _completion.TrySetResult();
        }
    }

    /// <summary>
    /// A listener or a loop that breaks takes the server down in order, and <see cref="Completion"/> says why. So does
    /// the end of its loops.
    /// </summary>
    private async Task WatchAsync()
    {
        // Not the end of all loops: one of several that breaks leaves the others running, with a part of the server
        // gone.
        Task broken = await Task.WhenAny(_server.Fault, _group.Completion, _completion.Task).ConfigureAwait(false);
        if (broken.Exception is { } fault)
            _completion.TrySetException(fault.InnerExceptions);
        await StopAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
