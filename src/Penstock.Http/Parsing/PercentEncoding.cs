using System.Globalization;

namespace Penstock.Http.Parsing;

/// <summary>Undoes the percent-encoding of a path (RFC 3986, section 2.1), once.</summary>
internal static class PercentEncoding
{
    /// <summary>
    /// Decodes into <paramref name="target"/>, which must be as long as the source. An encoded slash is left as it is:
    /// it is a character of a segment, and decoded it would separate two; <paramref name="encodedSlash"/> tells it from
    /// a percent sign before <c>2F</c>. False for a broken escape or an encoded NUL.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> source, Span<byte> target, out int length, out bool encodedSlash)
    {
        length = 0;
        encodedSlash = false;
        for (int i = 0; i < source.Length; i++)
        {
            byte value = source[i];
            if (value == '%')
            {
                if (i + 2 >= source.Length || !TryHex(source.Slice(i + 1, 2), out value) || value == 0)
                    return false;
                if (value == '/')
                {
                    source.Slice(i, 3).CopyTo(target[length..]);
                    length += 3;
                    encodedSlash = true;
                    i += 2;
                    continue;
                }

                i += 2;
            }

            target[length++] = value;
        }

        return true;
    }

    private static bool TryHex(ReadOnlySpan<byte> digits, out byte value) =>
        byte.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
}
