using Microsoft.AspNetCore.Http;

namespace Penstock.Http.Parsing;

/// <summary>The version at the end of a request line (RFC 9112, section 2.3).</summary>
internal static class RequestLineRules
{
    private const int VersionLength = 8;

    /// <summary>
    /// Judges a request line, without its end. Returns 0, or 505 for a major version other than 1, or 400 for what has
    /// no version: HTTP/0.9 among it, whose client waits for an answer after this one line.
    /// </summary>
    public static int CheckVersion(ReadOnlySpan<byte> line)
    {
        if (line.Length < VersionLength + 2 || line[^(VersionLength + 1)] != ' ')
            return StatusCodes.Status400BadRequest;

        // The parser takes any number of spaces here; section 3 has one, and lets a server refuse more.
        if (line[^(VersionLength + 2)] == ' ')
            return StatusCodes.Status400BadRequest;
        if (!line[..^(VersionLength + 1)].Contains((byte)' '))
            return StatusCodes.Status400BadRequest;
        ReadOnlySpan<byte> version = line[^VersionLength..];
        if (!version.StartsWith("HTTP/"u8) || !char.IsAsciiDigit((char)version[5]) || version[6] != '.' ||
            !char.IsAsciiDigit((char)version[7]))
            return StatusCodes.Status400BadRequest;
        return version[5] == '1' ? 0 : StatusCodes.Status505HttpVersionNotsupported;
    }

    /// <summary>
    /// As the other, for the line that a whole head begins with. A minor version above 1 becomes 1 in place, because a
    /// recipient serves what it does not know as the highest minor version that it does (RFC 9110, section 2.5) and the
    /// parser knows 0 and 1 only.
    /// </summary>
    public static int CheckVersion(Span<byte> head)
    {
        Span<byte> line = head[..head.IndexOf((byte)'\r')];
        int status = CheckVersion((ReadOnlySpan<byte>)line);
        if (status == 0 && line[^1] > '1')
            line[^1] = (byte)'1';
        return status;
    }
}
