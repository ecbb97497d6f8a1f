using System.Net.Sockets;

namespace Penstock.Net;

/// <summary>
/// Native results as the exceptions that users of .NET sockets know, and the errors of those as native results.
/// </summary>
internal static class SocketErrors
{
    private static readonly (int Errno, SocketError Error)[] Known =
    [
        (Errno.ECONNREFUSED, SocketError.ConnectionRefused),
        (Errno.ECONNRESET, SocketError.ConnectionReset),
        (Errno.ECONNABORTED, SocketError.ConnectionAborted),
        (Errno.ETIMEDOUT, SocketError.TimedOut),
        (Errno.EHOSTUNREACH, SocketError.HostUnreachable),
        (Errno.ENETUNREACH, SocketError.NetworkUnreachable),
        (Errno.EADDRNOTAVAIL, SocketError.AddressNotAvailable),
        (Errno.EADDRINUSE, SocketError.AddressAlreadyInUse),
        (Errno.EACCES, SocketError.AccessDenied),
        (Errno.ENOENT, SocketError.AddressNotAvailable),
        (Errno.EMFILE, SocketError.TooManyOpenSockets),
        (Errno.EPIPE, SocketError.Shutdown),
        (Errno.ENOTCONN, SocketError.NotConnected),
        (Errno.ENOBUFS, SocketError.NoBufferSpaceAvailable),
        (Errno.ENETDOWN, SocketError.NetworkDown),
        (Errno.EHOSTDOWN, SocketError.HostDown),
        (Errno.EINVAL, SocketError.InvalidArgument),
        (Errno.ENOTSOCK, SocketError.NotSocket),
        (Errno.EOPNOTSUPP, SocketError.OperationNotSupported),
        (Errno.ECANCELED, SocketError.OperationAborted),
    ];

    /// <param name="result">What a native call returned: <c>-errno</c>.</param>
    public static SocketException ToException(int result) => new((int)ToError(-result), Errno.Describe(result));

    /// <summary>0 on success, else <c>-errno</c>; EIO for what has no name among the native ones.</summary>
    public static int ToResult(SocketError error)
    {
        if (error == SocketError.Success)
            return 0;
        return Array.Find(Known, entry => entry.Error == error) is { Errno: > 0 } found ? -found.Errno : -Errno.EIO;
    }

    private static SocketError ToError(int errno) =>
        Array.Find(Known, entry => entry.Errno == errno) is { Errno: > 0 } found
            ? found.Error
            : SocketError.SocketError;
}
