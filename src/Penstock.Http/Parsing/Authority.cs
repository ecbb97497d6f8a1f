using System.Buffers;

namespace Penstock.Http.Parsing;

/// <summary>A host with an optional port (RFC 9110, section 7.2; RFC 3986, section 3.2).</summary>
internal static class Authority
{
    private static readonly SearchValues<byte> NameBytes =
        SearchValues.Create("-._~!$&'()*+,;=%0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> LiteralBytes =
        SearchValues.Create("0123456789ABCDEFabcdef:.vV-_~!$&'()*+,;="u8);

    /// <summary>
    /// An empty one is valid: a target without an authority has an empty Host (RFC 9112, section 3.2).
    /// </summary>
    public static bool IsValid(ReadOnlySpan<byte> text)
    {
        if (text.StartsWith("["u8))
        {
            int end = text.IndexOf((byte)']');
            return end > 1 && !text[1..end].ContainsAnyExcept(LiteralBytes) && IsPort(text[(end + 1)..]);
        }

        int colon = text.IndexOf((byte)':');
        ReadOnlySpan<byte> name = colon < 0 ? text : text[..colon];
        return !name.ContainsAnyExcept(NameBytes) && (colon < 0 || (colon > 0 && IsPort(text[colon..])));
    }

    private static bool IsPort(ReadOnlySpan<byte> text) =>
        text.IsEmpty ||
        (text[0] == ':' && text.Length <= 6 && !text[1..].ContainsAnyExceptInRange((byte)'0', (byte)'9'));
}
