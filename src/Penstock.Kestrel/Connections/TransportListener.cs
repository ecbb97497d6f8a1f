using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Penstock.Kestrel.Connections;

/// <summary>One endpoint: the engine's server accepts, Kestrel fetches what was accepted.</summary>
internal sealed class TransportListener : IConnectionListener
{
    private readonly Channel<ConnectionContext> _accepted =
        Channel.CreateUnbounded<ConnectionContext>(new UnboundedChannelOptions { SingleReader = true });

    private readonly TcpServer _server;

    public TransportListener(TransportLoops loops, EndPoint endPoint)
    {
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
    }

    public EndPoint EndPoint { get; }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_accepted.Reader.TryRead(out ConnectionContext? connection))
                return connection;
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
    public bool Offer(ConnectionContext connection) => _accepted.Writer.TryWrite(connection);

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
        }
    }
}
