using System.Buffers;

namespace Penstock.Http.Parsing;

/// <summary>Which bytes may stand where in a message (RFC 9110, section 5.6).</summary>
internal static class Tokens
{
    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>
    /// Controls, which no value may hold: everything below space except the tab, and DEL (section 5.5).
    /// </summary>
    private static readonly SearchValues<byte> ForbiddenInValues = SearchValues.Create(ControlsBut('\t'));

    private static readonly SearchValues<byte> ForbiddenInLines = SearchValues.Create(ControlsBut('\t', '\r', '\n'));

    public static bool Contains(byte value) => TokenBytes.Contains(value);

    /// <summary>Whether <paramref name="text"/> is one or more token characters: a method, a field name.</summary>
    public static bool IsToken(ReadOnlySpan<byte> text) => !text.IsEmpty && !text.ContainsAnyExcept(TokenBytes);

    /// <summary>Whether <paramref name="text"/> may be a field's value.</summary>
    public static bool IsFieldValue(ReadOnlySpan<byte> text) => !text.ContainsAny(ForbiddenInValues);

    /// <summary>Whether nothing in whole lines, their ends included, is forbidden in a value.</summary>
    public static bool AreLines(ReadOnlySpan<byte> lines) => !lines.ContainsAny(ForbiddenInLines);

    private static byte[] ControlsBut(params char[] allowed) =>
        [.. Enumerable.Range(0, 32).Where(value => !allowed.Contains((char)value)).Select(value => (byte)value), 0x7f];
}
