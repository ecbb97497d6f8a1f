using System.Net;
using System.Net.Sockets;

namespace Penstock.Net;

/// <summary>The file that a Unix domain socket leaves in the file system.</summary>
internal static class UnixPath
{
    /// <summary>The path, or null for an abstract name, which leaves no file, and for other endpoints.</summary>
    public static string? FileOf(EndPoint endPoint)
    {
        if (endPoint is not UnixDomainSocketEndPoint unix)
            return null;
        string path = unix.ToString();
        return path.StartsWith('@') || path.StartsWith('\0') ? null : path;
    }

    /// <summary>
    /// Removes the socket file of a server that is gone, as after a crash. One that somebody still listens on, and
    /// anything that is not a socket, is left for bind to refuse.
    /// </summary>
    public static void RemoveIfAbandoned(string path)
    {
        if (!File.Exists(path))
            return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // Connecting to a regular file is refused as well, and its content must never be lost.
            if (new FileInfo(path).Length == 0)
                File.Delete(path);
        }
    }
}
