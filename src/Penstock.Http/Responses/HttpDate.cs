using System.Globalization;
using System.Text;

namespace Penstock.Http.Responses;

/// <summary>Dates as HTTP writes them (RFC 9110, section 5.6.7): whole seconds, GMT.</summary>
internal static class HttpDate
{
    public const int Length = 29;

    private static readonly string[] Formats =
        ["r", "dddd, dd-MMM-yy HH:mm:ss 'GMT'", "ddd MMM  d HH:mm:ss yyyy", "ddd MMM d HH:mm:ss yyyy"];

    public static void Write(DateTimeOffset value, Span<byte> target) =>
        value.UtcDateTime.TryFormat(target, out _, "r", CultureInfo.InvariantCulture);

    /// <summary>Reads the preferred format and the two obsolete ones that recipients must accept.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out DateTimeOffset value)
    {
        value = default;
        return text.Length <= 40 && DateTimeOffset.TryParseExact(
            Encoding.ASCII.GetString(text),
            Formats,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out value);
    }
}
