using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Penstock.Interop.Posix;

namespace Penstock.Net;

/// <summary>
/// An endpoint that became listening sockets: one, or one per loop on the same port. Bind, listen and options go
/// through <see cref="Socket"/>, which knows IPv6, dual mode and Unix domain sockets on every system; what comes out is
/// driven natively.
/// </summary>
internal sealed class ListenSocket : IDisposable
{
    private const int LinuxSocketLevel = 1;
    private const int LinuxReusePort = 15;
    private const int TcpLevel = 6;
    private const int LinuxUserTimeout = 18;

    private readonly List<Socket?> _sockets = [];

    /// <summary>The file that this socket made, and so may delete; null until it is bound.</summary>
    private string? _ownFile;

    private ListenSocket(EndPoint endPoint) => EndPoint = endPoint;

    /// <summary>Where it really listens: port 0 has become a number.</summary>
    public EndPoint EndPoint { get; private set; }

    /// <summary>
    /// Binds and listens. Throws <see cref="SocketException"/> as the system says: in use, no permission.
    /// </summary>
    /// <param name="options">Endpoint, backlog and socket options.</param>
    /// <param name="count">Sockets on the same port; more than one needs <see cref="SupportsReusePort"/>.</param>
    public static ListenSocket Open(ServerOptions options, int count)
    {
        var listener = new ListenSocket(options.EndPoint);
        try
        {
            listener.OpenAll(options, count);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    public static bool SupportsReusePort(EndPoint endPoint) => OperatingSystem.IsLinux() && endPoint is IPEndPoint;

    /// <summary>Gives socket number <paramref name="index"/> away, in the form that a driver takes.</summary>
    public SocketHandle Take(int index, bool managed)
    {
        Socket socket = _sockets[index]!;
        _sockets[index] = null;
        return managed ? SocketHandle.FromSocket(socket) : SocketHandle.Detach(socket);
    }

    /// <summary>Closes what was not taken, and removes the file of a Unix domain socket.</summary>
    /// <exception cref="IOException">The file cannot be removed; all else is done.</exception>
    /// <exception cref="UnauthorizedAccessException">As before.</exception>
    public void Dispose()
    {
        foreach (Socket? socket in _sockets)
            socket?.Dispose();
        if (_ownFile is not null)
            File.Delete(_ownFile);
    }

    private void OpenAll(ServerOptions options, int count)
    {
        Socket first = options.EndPoint is DescriptorEndPoint inherited ? Inherit(inherited) : Bind(options);
        EndPoint = first.LocalEndPoint ?? options.EndPoint;

        // The first socket is bound without sharing, so that a port that another server holds is refused even when that
        // server shares it; only then is it opened to the others.
        if (count > 1)
            SharePort(first);
        for (int i = 1; i < count; i++)
            BindShared(options);
        foreach (Socket? socket in _sockets)
            socket!.Listen(options.Backlog);
    }

    private Socket Bind(ServerOptions options)
    {
        Socket socket = Create(options);
        string? file = UnixPath.FileOf(options.EndPoint);
        if (file is not null)
        {
            UnixPath.RequireDirectory(file);
            UnixPath.RemoveIfAbandoned(file);
        }

        socket.Bind(options.EndPoint);
        _ownFile = file;
        return socket;
    }

    private void BindShared(ServerOptions options)
    {
        Socket socket = Create(options);
        SharePort(socket);
        socket.Bind(EndPoint);
    }

    private Socket Inherit(DescriptorEndPoint endPoint)
    {
        int descriptor = endPoint.OwnsDescriptor ? endPoint.Descriptor : Libc.Duplicate(endPoint.Descriptor);
        if (descriptor < 0)
            throw SocketErrors.ToException(descriptor);
        var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        _sockets.Add(socket);
        socket.Blocking = false;
        return socket;
    }

    private Socket Create(ServerOptions options)
    {
        Socket socket = options.EndPoint switch
        {
            IPEndPoint ip => new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp),
            UnixDomainSocketEndPoint => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
            EndPoint other => throw new NotSupportedException($"Cannot listen on a {other.GetType().Name}."),
        };
        _sockets.Add(socket);
        socket.Blocking = false;
        if (options.EndPoint is not IPEndPoint address)
            return socket;

        // Accepted sockets inherit the option, which saves a call for each of them.
        socket.NoDelay = options.NoDelay;
        if (OperatingSystem.IsLinux() && options.DeadPeerTimeout != Timeout.InfiniteTimeSpan)
            SetUserTimeout(socket, options.DeadPeerTimeout);
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            socket.DualMode = address.Address.Equals(IPAddress.IPv6Any);
        return socket;
    }

    private static void SetUserTimeout(Socket socket, TimeSpan timeout)
    {
        Span<byte> milliseconds = stackalloc byte[sizeof(int)];
        MemoryMarshal.Write(milliseconds, (int)Math.Clamp(Math.Ceiling(timeout.TotalMilliseconds), 1, int.MaxValue));
        socket.SetRawSocketOption(TcpLevel, LinuxUserTimeout, milliseconds);
    }

    private static void SharePort(Socket socket)
    {
        ReadOnlySpan<byte> one = [1, 0, 0, 0];
        socket.SetRawSocketOption(LinuxSocketLevel, LinuxReusePort, one);
    }
}
