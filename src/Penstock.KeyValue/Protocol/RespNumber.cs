using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Penstock.KeyValue.Protocol;

/// <summary>Numbers as Redis reads and writes them: no blanks, no plus sign, no leading zeros.</summary>
internal static class RespNumber
{
    /// <summary>Bytes of the longest 64-bit number.</summary>
    public const int MaxInt64Bytes = 20;

    public static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.IsEmpty || text.Length > MaxInt64Bytes)
            return false;
        if (text.Length == 1)
        {
            value = text[0] - '0';
            return (ulong)value <= 9;
        }

        // The first digit of a number of several is not 0, and its sign is a minus.
        byte first = text[0] == '-' ? text[1] : text[0];
        return first is >= (byte)'1' and <= (byte)'9'
            && Utf8Parser.TryParse(text, out value, out int consumed) && consumed == text.Length;
    }

    /// <summary>Reads a finite or infinite floating-point number.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        if (text.IsEmpty || text.Length > 256 || IsBlank(text[0]) || IsBlank(text[^1]))
            return false;
        return TryParseInfinity(text, out value)
            || (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
                && double.IsFinite(value));
    }

    public static int Write(long value, Span<byte> destination)
    {
        Utf8Formatter.TryFormat(value, destination, out int written);
        return written;
    }

    private static bool TryParseInfinity(ReadOnlySpan<byte> text, out double value)
    {
        ReadOnlySpan<byte> name = text[0] is (byte)'+' or (byte)'-' ? text[1..] : text;
        value = text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
        return Ascii.EqualsIgnoreCase(name, "inf"u8) || Ascii.EqualsIgnoreCase(name, "infinity"u8);
    }

    private static bool IsBlank(byte value) => value is (byte)' ' or (>= 9 and <= 13);
}
