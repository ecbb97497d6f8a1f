using System.Text;

namespace Penstock.Http.StaticFiles;

/// <summary>The Range field (RFC 9110, section 14.1.2), one range of bytes.</summary>
internal static class RangeHeader
{
    /// <summary>
    /// The part that is asked for. A field that is malformed, of another unit, of several ranges or there twice is
    /// ignored, as section 14.2 has it: the whole is always right.
    /// </summary>
    public static ByteSpan Read(HttpRequest request, long length)
    {
        const string unit = "bytes=";
        if (!request.Headers.TryGetOnly("Range"u8, out ReadOnlySpan<byte> value) || value.Length <= unit.Length ||
            !Ascii.EqualsIgnoreCase(value[..unit.Length], unit) || value.Contains((byte)','))
            return ByteSpan.Whole(length);
        ReadOnlySpan<byte> range = value[unit.Length..].Trim(" \t"u8);
        int dash = range.IndexOf((byte)'-');
        if (dash < 0)
            return ByteSpan.Whole(length);
        return dash == 0 ? Suffix(range[1..], length) : FromTo(range[..dash], range[(dash + 1)..], length);
    }

    private static ByteSpan Suffix(ReadOnlySpan<byte> digits, long length)
    {
        if (!TryNumber(digits, out long count))
            return ByteSpan.Whole(length);
        if (count == 0)
            return ByteSpan.Unsatisfiable;

        // Satisfiable (section 14.1.2), but Content-Range has no way to name the last bytes of nothing.
        if (length == 0)
            return ByteSpan.Whole(length);
        count = Math.Min(count, length);
        return new ByteSpan(206, length - count, count);
    }

    private static ByteSpan FromTo(ReadOnlySpan<byte> first, ReadOnlySpan<byte> last, long length)
    {
        long to = long.MaxValue;
        if (!TryNumber(first, out long from) || (!last.IsEmpty && !TryNumber(last, out to)) || to < from)
            return ByteSpan.Whole(length);
        if (from >= length)
            return ByteSpan.Unsatisfiable;
        return new ByteSpan(206, from, Math.Min(to, length - 1) - from + 1);
    }

    /// <summary>Digits that overflow are past the end of any file.</summary>
    private static bool TryNumber(ReadOnlySpan<byte> digits, out long number)
    {
        number = 0;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return false;
        if (!long.TryParse(digits, out number))
            number = long.MaxValue;
        return true;
    }
}
