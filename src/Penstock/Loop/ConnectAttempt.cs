using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Penstock.Connections;
using Penstock.Net;

namespace Penstock.Loop;

/// <summary>One outbound connection on its way to a loop.</summary>
internal sealed class ConnectAttempt(EndPoint remote, ConnectionHandler handler, ConnectionOptions options)
{
    private readonly TaskCompletionSource<ConnectionId> _connected =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="claim">Names the loop; called once there is a socket, because a claimed loop must be used.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    public async Task<ConnectionId> RunAsync(Func<EventLoop> claim, CancellationToken cancellationToken)
    {
        Socket socket = Create();
        EventLoop loop = PostStart(socket, claim, cancellationToken);
        using CancellationTokenRegistration registration =
            cancellationToken.Register(() => loop.Post((_, _) => Cancel(loop, cancellationToken), null));
        return await _connected.Task.ConfigureAwait(false);
    }

    private Socket Create()
    {
        if (remote is UnixDomainSocketEndPoint)
            return new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        if (remote is IPEndPoint)
        {
            return new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            {
                Blocking = false,
                NoDelay = true,
            };
        }

        throw new NotSupportedException($"Cannot connect to a {remote.GetType().Name}; resolve names first.");
    }

    private EventLoop PostStart(Socket socket, Func<EventLoop> claim, CancellationToken cancellationToken)
    {
        bool posted = false;
        try
        {
            EventLoop loop = claim();
            posted = loop.Post((_, _) => Start(loop, socket, cancellationToken), null);
            ObjectDisposedException.ThrowIf(!posted, typeof(LoopGroup));
            return loop;
        }
        finally
        {
            if (!posted)
                socket.Dispose();
        }
    }

    private void Start(EventLoop loop, Socket socket, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            loop.Vacated?.Invoke(loop);
            _connected.TrySetCanceled(cancellationToken);
            return;
        }

        if (!TrySerialize(out SocketAddress? address))
        {
            socket.Dispose();
            loop.Vacated?.Invoke(loop);
            return;
        }

        var limiter = new ConnectionLimiter(maximum: 1);
        limiter.TryEnter();
        var scope = new ConnectionScope(handler, ConnectionLimits.From(options, loop.Deadlines), limiter);
        bool managed = loop.Driver.UsesManagedSockets;
        SocketHandle handle = managed ? SocketHandle.FromSocket(socket) : SocketHandle.Detach(socket);
        loop.Connect(scope, handle, address, _connected);
    }

    /// <summary>An endpoint may be of the application's own type, and what that throws is not the loop's end.</summary>
    private bool TrySerialize([NotNullWhen(true)] out SocketAddress? address)
    {
        try
        {
            address = remote.Serialize();
            return true;
        }
        catch (Exception exception)
        {
            address = null;
            _connected.TrySetException(exception);
            return false;
        }
    }

    /// <summary>Closes what is being established; one that is established already is the caller's.</summary>
    private void Cancel(EventLoop loop, CancellationToken cancellationToken)
    {
        if (!_connected.TrySetCanceled(cancellationToken))
            return;
        loop.ForEachConnection(null, connection => connection.CloseIfConnectingFor(_connected));
    }
}
