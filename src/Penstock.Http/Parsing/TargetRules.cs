using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;

namespace Penstock.Http.Parsing;

/// <summary>The four forms of a request target (RFC 9112, section 3.2), and the path that each names.</summary>
internal static class TargetRules
{
    private const int BadRequest = StatusCodes.Status400BadRequest;

    /// <summary>Visible characters, without the one that begins a fragment, which is not sent.</summary>
    private static readonly SearchValues<byte> TargetBytes = SearchValues.Create(
        [.. Enumerable.Range(0x21, 0x7e - 0x20).Where(value => value != '#').Select(value => (byte)value)]);

    /// <summary>Sets the request's path, query and, for an absolute target, host; returns 0 or a status.</summary>
    public static int Check(HttpRequest request)
    {
        ReadOnlySpan<byte> target = request.Target;

        // The authority-form belongs to CONNECT, which only a proxy implements.
        if (request.KnownMethod == HttpMethod.Connect)
            return StatusCodes.Status501NotImplemented;
        if (target.ContainsAnyExcept(TargetBytes))
            return BadRequest;
        if (target[0] == '/')
            return SetPathAndQuery(request, target);
        if (target.SequenceEqual("*"u8))
            return CheckAsterisk(request, target);
        return CheckAbsolute(request, target);
    }

    private static int CheckAsterisk(HttpRequest request, ReadOnlySpan<byte> target)
    {
        if (request.KnownMethod != HttpMethod.Options)
            return BadRequest;
        request.SetPath(target);
        return 0;
    }

    /// <summary>
    /// The target's authority replaces that of the Host field, which must still be there (section 3.2.2).
    /// </summary>
    private static int CheckAbsolute(HttpRequest request, ReadOnlySpan<byte> target)
    {
        int scheme = target.IndexOf("://"u8);
        if (scheme < 0 || !IsWeb(target[..scheme]))
            return BadRequest;

        ReadOnlySpan<byte> rest = target[(scheme + 3)..];
        int end = rest.IndexOfAny((byte)'/', (byte)'?');
        ReadOnlySpan<byte> authority = end < 0 ? rest : rest[..end];

        // An empty host is invalid in this scheme, and a user name in it is a disguise (RFC 9110, sections 4.2.1 and
        // 4.2.4).
        if (authority.IsEmpty || !Authority.IsValid(authority))
            return BadRequest;
        request.SetHost(authority);
        if (end >= 0 && rest[end] == '/')
            return SetPathAndQuery(request, rest[end..]);

        if (end >= 0)
            request.SetQuery(rest[(end + 1)..]);
        bool aboutServer = request.KnownMethod == HttpMethod.Options && end < 0;
        request.SetPath(request.Append(aboutServer ? "*"u8 : "/"u8));
        return 0;
    }

    private static bool IsWeb(ReadOnlySpan<byte> scheme) =>
        Ascii.EqualsIgnoreCase(scheme, "http"u8) || Ascii.EqualsIgnoreCase(scheme, "https"u8);

    private static int SetPathAndQuery(HttpRequest request, ReadOnlySpan<byte> target)
    {
        int mark = target.IndexOf((byte)'?');
        ReadOnlySpan<byte> path = mark < 0 ? target : target[..mark];
        if (mark >= 0)
            request.SetQuery(target[(mark + 1)..]);
        request.SetRawPath(path);
        if (!request.IsPathEncoded)
        {
            request.SetPath(path);
            return 0;
        }

        Span<byte> decoded = path.Length <= 256 ? stackalloc byte[path.Length] : new byte[path.Length];
        if (!PercentEncoding.TryDecode(path, decoded, out int length, out bool encodedSlash))
            return BadRequest;
        request.HasEncodedSlash = encodedSlash;
        request.SetPath(request.Append(decoded[..length]));
        return 0;
    }
}
