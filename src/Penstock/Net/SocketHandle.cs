using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace Penstock.Net;

/// <summary>
/// A socket as a driver takes it: a descriptor, so that one never travels as a bare number, or a managed
/// <see cref="System.Net.Sockets.Socket"/> for the driver that works on those.
/// </summary>
/// <remarks>
/// Not a <see cref="System.Runtime.InteropServices.SafeHandle"/>: an accepted socket belongs to exactly one loop, is
/// closed in exactly one place and is guarded by its slot's generation. A safe handle would add two interlocked
/// operations to every call and a finalizable object to every connection.
/// </remarks>
internal readonly struct SocketHandle
{
    private readonly int _descriptor;
    private readonly IDisposable? _owner;

    private SocketHandle(int descriptor, IDisposable? owner)
    {
        _descriptor = descriptor;
        _owner = owner;
    }

    /// <summary>The managed socket, or <see langword="null"/> when this is none.</summary>
    public Socket? Socket => _owner as Socket;

    /// <summary>What stands for the socket in a driver without a kernel, or <see langword="null"/>.</summary>
    public IDisposable? Model => _owner is Socket ? null : _owner;

    /// <summary>Whether the operating system's number is all there is to it.</summary>
    public bool IsDescriptor => _owner is null;

    /// <summary>The operating system's number for the socket.</summary>
    public int Descriptor => Socket is null ? _descriptor : (int)Socket.SafeHandle.DangerousGetHandle();

    public static SocketHandle FromDescriptor(int descriptor) => new(descriptor, null);

    public static SocketHandle FromSocket(Socket socket) => new(-1, socket);

    /// <summary>
    /// A socket that exists in memory only, as simulation has them; disposing <paramref name="model"/> closes it.
    /// </summary>
    public static SocketHandle FromModel(IDisposable model) => new(-1, model);

    /// <summary>
    /// Takes the descriptor out of a managed socket: control-plane work (bind, listen, options) is done with
    /// <see cref="System.Net.Sockets.Socket"/>, and the result is driven natively. The managed socket must not be
    /// touched again; disposing it would wait for ever for a handle that is never released.
    /// </summary>
    [SuppressMessage("Usage", "CA1816", Justification = "The finalizer that must not run is the detached socket's.")]
    public static SocketHandle Detach(Socket socket)
    {
        int descriptor = (int)socket.SafeHandle.DangerousGetHandle();
        socket.SafeHandle.SetHandleAsInvalid();

        // The finalizer would delete the file of a Unix domain socket, under a server that listens on it.
#pragma warning disable CA1816 // It is this socket's finalizer that must not run, not one of ours.
        GC.SuppressFinalize(socket);
#pragma warning restore CA1816
        return FromDescriptor(descriptor);
    }

    /// <summary>Has the kernel refuse newcomers of a listening socket, which stays open. Not on Windows.</summary>
    public void StopListening() => _ = Interop.Posix.Libc.Shutdown(Descriptor, Interop.Posix.Libc.ShutdownBoth);

    /// <summary>Closes the socket; for whoever owns it and has not given it to a driver.</summary>
    public void Close()
    {
        if (_owner is not null)
            _owner.Dispose();
        else
            _ = Interop.Posix.Libc.Close(_descriptor);
    }
}
