using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

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
    /// Throws when there is no directory for the socket file: bind would call that an address that is not available.
    /// </summary>
    public static void RequireDirectory(string path)
    {
        string? directory = Path.GetDirectoryName(path);
        if (!string.IsNullOrEmpty(directory) && !Directory.Exists(directory))
            throw new DirectoryNotFoundException($"There is no directory {directory} to listen in.");
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
            // Connecting to a regular file is refused as well, and that must never be lost.
            if (IsSocket(path))
                File.Delete(path);
        }
    }

    /// <summary>
    /// A socket is what cannot be opened as a file, with an error of its own: ENXIO, or EOPNOTSUPP on the BSDs.
    /// </summary>
    private static bool IsSocket(string path)
    {
        try
        {
            // For writing too, because a pipe that is opened for reading alone waits for a writer.
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return false;
        }
        catch (IOException refused)
        {
            return refused.HResult == Errno.ENXIO || refused.HResult == Errno.EOPNOTSUPP;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
