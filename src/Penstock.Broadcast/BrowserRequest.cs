using System.Buffers;

namespace Penstock.Broadcast;

/// <summary>
/// Tells a browser's request from the text that a room's client says first. Any web page can have its visitor's browser
/// send a request to a server on loopback, with a body of the page's choice, and each line of it would be a message. A
/// browser cannot begin with anything but a request line, and not with a length at all.
/// </summary>
internal static class BrowserRequest
{
    /// <summary>What <see cref="Connection.UserState"/> is once a connection's first words were looked at.</summary>
    private static readonly object Seen = new();

    private static readonly SearchValues<byte> MethodLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ"u8);

    /// <summary>
    /// Closes a connection whose first words are a request; true when it did, and nothing is to be sent on.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="words">What it says: a line, or what a read brought.</param>
    public static bool Refuse(Connection connection, ReadOnlySpan<byte> words)
    {
        if (connection.UserState is not null)
            return false;
        connection.UserState = Seen;
        if (!Is(words))
            return false;
        connection.Close(CloseReason.ProtocolError);
        return true;
    }

    /// <summary>
    /// A method, a path and the protocol's name (RFC 9112, section 3). Where the line does not end in what has come,
    /// the path is enough.
    /// </summary>
    private static bool Is(ReadOnlySpan<byte> words)
    {
        int end = words.IndexOfAny((byte)'\r', (byte)'\n');
        ReadOnlySpan<byte> line = end < 0 ? words : words[..end];
        int method = line.IndexOf((byte)' ');
        if (method <= 0 || line[..method].ContainsAnyExcept(MethodLetters))
            return false;
        ReadOnlySpan<byte> rest = line[(method + 1)..];
        if (!rest.StartsWith("/"u8))
            return false;
        int target = rest.IndexOf((byte)' ');
        return target < 0 ? end < 0 : rest[(target + 1)..].StartsWith("HTTP/"u8);
    }
}
