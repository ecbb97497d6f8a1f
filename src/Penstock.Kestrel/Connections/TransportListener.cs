using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Penstock.Kestrel.Connections;

/// <summary>One endpoint: the engine's server accepts, Kestrel fetches what was accepted.</summary>
internal sealed class TransportListener : IConnectionListener
{
    /// <summary>
    /// So many connections wait at most for <see cref="AcceptAsync"/>. An application that does not come to take them
    /// would not come to serve them either, and a client is better off where another server can have it.
    /// </summary>
    internal const int MaxUntaken = 128;

    /// <summary>Accepting goes on when fewer are left.</summary>
    private const int FewUntaken = MaxUntaken / 2;

    private readonly Channel<ConnectionContext> _accepted =
        Channel.CreateUnbounded<ConnectionContext>(new UnboundedChannelOptions { SingleReader = true });

    private readonly TransportLoops _loops;
    private readonly TcpServer _server;
    private readonly Lock _gate = new();
    private int _untaken;
    private bool _paused;

    public TransportListener(TransportLoops loops, EndPoint endPoint)
    {
        _loops = loops;
        EndPoint = endPoint;
        EndPoint bound = endPoint is FileHandleEndPoint file
            ? new DescriptorEndPoint(checked((int)file.FileHandle), ownsDescriptor: false)
            : endPoint;
        _server = TcpServer.Start(
            loops.CreateServerOptions(bound), _ => new InboundHandler(loops, this), loops.Group);

        // A descriptor keeps the name it was asked for by; everything else has become the real address.
        if (endPoint is not FileHandleEndPoint)
            EndPoint = _server.EndPoint;
        _ = ForwardFaultAsync();
        PauseOrResume();
    }

    public EndPoint EndPoint { get; }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_accepted.Reader.TryRead(out ConnectionContext? connection))
            {
                if (Interlocked.Decrement(ref _untaken) == FewUntaken - 1)
                    PauseOrResume();
                return connection;
            }
        }

        return null;
    }

    /// <remarks>
    /// A token that is cancelled ends the wait and is no error: a host that is disposed without having been stopped
    /// comes with one, and has all the rest still to close. What is accepted meanwhile is aborted.
    /// </remarks>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        Task stopped = _server.StopAcceptingAsync();
        await stopped.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _accepted.Writer.TryComplete();
        if (stopped.IsCompleted)
            await stopped.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync().ConfigureAwait(false);
        while (_accepted.Reader.TryRead(out ConnectionContext? connection))
            connection.Abort(new ConnectionAbortedException("The listener ended before the connection was taken."));
        await _server.StopAsync().ConfigureAwait(false);
    }

    /// <summary>Offers a connection to the next <see cref="AcceptAsync"/>; false when nobody takes any more.</summary>
    public bool Offer(ConnectionContext connection)
    {
        // Counted first: it may be taken before this returns.
        if (Interlocked.Increment(ref _untaken) >= MaxUntaken)
            PauseOrResume();
        return _accepted.Writer.TryWrite(connection);
    }

    /// <summary>Looks at how many wait now, so that of two threads that come here the later one is right.</summary>
    private void PauseOrResume()
    {
        lock (_gate)
        {
            // While the listener is being made; its maker looks again.
            if (_server is null)
                return;
            bool pause = Volatile.Read(ref _untaken) >= (_paused ? FewUntaken : MaxUntaken);
            if (pause == _paused)
                return;
            _paused = pause;
            if (pause)
                _server.PauseAccepting();
            else
                _server.ResumeAccepting();
        }
    }

    /// <summary>A listener or a loop that breaks is reported where the connections are expected.</summary>
    private async Task ForwardFaultAsync()
    {
        try
        {
            await _server.Completion.ConfigureAwait(false);
            _accepted.Writer.TryComplete();
        }
        catch (Exception exception)
        {
            _accepted.Writer.TryComplete(exception);
            _loops.ReportBroken(EndPoint, exception);
        }
    }
}
