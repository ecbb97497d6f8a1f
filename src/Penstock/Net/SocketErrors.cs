using System.Net.Sockets;

namespace Penstock.Net;

/// <summary>Native results as the exceptions that users of .NET sockets know.</summary>
internal static class SocketErrors
{
    /// <param name="result">What a native call returned: <c>-errno</c>.</param>
    public static SocketException ToException(int result) => new((int)Map(-result), Errno.Describe(result));

    private static SocketError Map(int errno)
    {
        (int Errno, SocketError Error)[] known =
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
        ];
        return Array.Find(known, entry => entry.Errno == errno) is { Errno: > 0 } found ? found.Error : SocketError.SocketError;
    }
}
