using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Penstock.Http.Parsing;

/// <summary>
/// Which hosts a server answers for. A web page whose name its owner lets point at loopback is of one origin with a
/// server there and could read all that it serves; only the name in the request, which the browser sends and the page
/// cannot choose, tells it from the server's own pages (DNS rebinding).
/// </summary>
/// <remarks>
/// An address cannot be rebound, so by default a server on loopback answers for every address, for <c>localhost</c>
/// and for the names below it, which resolvers keep to loopback (RFC 6761, section 6.3). A request without a host does
/// not come from a browser. Decision 0040 has the rest.
/// </remarks>
internal sealed class HostRules
{
    private readonly bool _any;
    private readonly byte[][] _names;

    private HostRules(bool any, byte[][] names)
    {
        _any = any;
        _names = names;
    }

    /// <summary>Answers for every host.</summary>
    public static HostRules Any { get; } = new(any: true, []);

    /// <summary>Answers for addresses and for <c>localhost</c>.</summary>
    public static HostRules Loopback { get; } = new(any: false, ["localhost"u8.ToArray(), ".localhost"u8.ToArray()]);

    /// <summary>The rules for a list of hosts, or, when it is empty, for where the server listens.</summary>
    public static HostRules For(IReadOnlyCollection<string> allowed, EndPoint endPoint)
    {
        if (allowed.Count == 0)
            return endPoint is IPEndPoint { Address: var address } && IPAddress.IsLoopback(address) ? Loopback : Any;
        return allowed.Contains("*")
            ? Any
            : new HostRules(any: false, [.. allowed.Select(host => Encoding.ASCII.GetBytes(host.TrimStart('*')))]);
    }

    /// <summary>Whether an entry of a list is a host: a name, <c>*.</c> and a name, an address, or <c>*</c>.</summary>
    public static bool IsPattern(string host)
    {
        string name = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;
        return host == "*" || IPAddress.TryParse(name, out _) || Uri.CheckHostName(name) == UriHostNameType.Dns;
    }

    /// <summary>Judges an authority: a host and perhaps a port, which does not matter.</summary>
    public bool Allow(ReadOnlySpan<byte> authority)
    {
        if (_any || authority.IsEmpty)
            return true;
        ReadOnlySpan<byte> host = WithoutPort(authority);
        foreach (byte[] name in _names)
        {
            if (name[0] == '.' ? EndsWith(host, name) : Ascii.EqualsIgnoreCase(host, name))
                return true;
        }

        return ReferenceEquals(this, Loopback) && IsAddress(host);
    }

    /// <summary>Also without the brackets of an IPv6 address and the dot that ends a full name.</summary>
    private static ReadOnlySpan<byte> WithoutPort(ReadOnlySpan<byte> authority)
    {
        if (authority[0] == '[')
            return authority[1..authority.IndexOf((byte)']')];
        int colon = authority.IndexOf((byte)':');
        ReadOnlySpan<byte> host = colon < 0 ? authority : authority[..colon];
        return host.EndsWith("."u8) ? host[..^1] : host;
    }

    private static bool EndsWith(ReadOnlySpan<byte> host, byte[] suffix) =>
        host.Length > suffix.Length && Ascii.EqualsIgnoreCase(host[^suffix.Length..], suffix);

    /// <summary>
    /// As a browser writes an address. <see cref="IPAddress"/> also takes numbers with fewer than four parts, and a
    /// name of digits only is no name, so both are harmless.
    /// </summary>
    private static bool IsAddress(ReadOnlySpan<byte> host) => IPAddress.TryParse(host, out IPAddress? address)
        && address.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6;
}
