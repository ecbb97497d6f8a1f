using System.Net;
using System.Net.Sockets;
using Penstock.Connections;
using Penstock.Net;

namespace Penstock.Loop;

/// <summary>One outbound connection on its way to a loop.</summary>
internal sealed class ConnectAttempt(EventLoop loop, EndPoint remote, ConnectionHandler handler, ConnectionOptions options)
{
    private readonly TaskCompletionSource<ConnectionId> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task<ConnectionId> RunAsync(CancellationToken cancellationToken)
    {
        Socket socket = Create();
        bool posted = loop.Post((_, _) => Start(socket, cancellationToken), null);
        ObjectDisposedException.ThrowIf(!posted, typeof(LoopGroup));

        using CancellationTokenRegistration registration =
            cancellationToken.Register(() => loop.Post((_, _) => Cancel(cancellationToken), null));
        return await _connected.Task.ConfigureAwait(false);
    }

    private Socket Create()
    {
        if (remote is UnixDomainSocketEndPoint)
            return new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        if (remote is IPEndPoint)
            return new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false, NoDelay = true };
        throw new NotSupportedException($"Cannot connect to a {remote.GetType().Name}; resolve names first.");
    }

    private void Start(Socket socket, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            loop.Vacated?.Invoke(loop);
            _connected.TrySetCanceled(cancellationToken);
            return;
        }

        var limiter = new ConnectionLimiter(maximum: 1);
        limiter.TryEnter();
        var scope = new ConnectionScope(handler, ConnectionLimits.From(options, loop.Deadlines), limiter);
        SocketHandle handle = loop.Driver.UsesManagedSockets ? SocketHandle.FromSocket(socket) : SocketHandle.Detach(socket);
        loop.Connect(scope, handle, remote.Serialize(), _connected);
    }

    /// <summary>Closes what is being established; one that is established already is the caller's.</summary>
    private void Cancel(CancellationToken cancellationToken)
    {
        if (!_connected.TrySetCanceled(cancellationToken))
            return;
        loop.ForEachConnection(null, connection => connection.CloseIfConnectingFor(_connected));
    }
}
