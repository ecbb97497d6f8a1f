using System.Buffers.Text;

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

    public static int Write(long value, Span<byte> destination)
    {
        Utf8Formatter.TryFormat(value, destination, out int written);
        return written;
    }
}
