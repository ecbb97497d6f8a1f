using Microsoft.AspNetCore.Http;

namespace Penstock.Http.Parsing;

/// <summary>The version at the end of a request line (RFC 9112, section 2.3).</summary>
internal static class RequestLineRules
{
    private const int VersionLength = 8;

    /// <summary>
    /// Returns 0, or 505 for a major version other than 1, or 400 for what is no version. A minor version above 1
    /// becomes 1 in place, because a recipient serves what it does not know as the highest minor version that it does
    /// (RFC 9110, section 2.5) and the parser knows 0 and 1 only.
    /// </summary>
    public static int CheckVersion(Span<byte> head)
    {
        int end = head.IndexOf((byte)'\r');
        if (end < VersionLength + 2 || head[end - VersionLength - 1] != ' ')
            return StatusCodes.Status400BadRequest;

        // The parser takes any number of spaces here; section 3 has one, and lets a server refuse more.
        if (head[end - VersionLength - 2] == ' ')
            return StatusCodes.Status400BadRequest;
        Span<byte> version = head.Slice(end - VersionLength, VersionLength);
        if (!version.StartsWith("HTTP/"u8) || !char.IsAsciiDigit((char)version[5]) || version[6] != '.' ||
            !char.IsAsciiDigit((char)version[7]))
            return StatusCodes.Status400BadRequest;
        if (version[5] != '1')
            return StatusCodes.Status505HttpVersionNotsupported;
        if (version[7] > '1')
            version[7] = (byte)'1';
        return 0;
    }
}
