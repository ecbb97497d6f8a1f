using System.Globalization;

namespace Penstock.KeyValue;

/// <summary>Sizes as people write them: <c>100mb</c>, <c>1g</c>, <c>4096</c>.</summary>
public static class MemorySize
{
    /// <summary>
    /// Reads a size in bytes. As in Redis, <c>k</c>, <c>m</c> and <c>g</c> are powers of 1,000; <c>kb</c>, <c>mb</c>
    /// and <c>gb</c> are powers of 1,024. Case does not matter.
    /// </summary>
    public static bool TryParse(string text, out long bytes)
    {
        ArgumentNullException.ThrowIfNull(text);
        bytes = 0;
        int digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        ReadOnlySpan<char> number = digits < 0 ? text : text.AsSpan(0, digits);
        if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long value))
            return false;
        long unit = (digits < 0 ? "" : text[digits..].ToLowerInvariant()) switch
        {
            "" or "b" => 1,
            "k" => 1_000,
            "kb" => 1_024,
            "m" => 1_000_000,
            "mb" => 1_024 * 1_024,
            "g" => 1_000_000_000,
            "gb" => 1_024 * 1_024 * 1_024,
            _ => 0,
        };
        if (unit == 0 || value > long.MaxValue / unit)
            return false;
        bytes = value * unit;
        return true;
    }
}
