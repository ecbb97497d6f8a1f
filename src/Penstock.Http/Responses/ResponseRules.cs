using Penstock.Http.Parsing;

namespace Penstock.Http.Responses;

/// <summary>What a response may look like; breaking it is a programmer's mistake, so it throws.</summary>
internal static class ResponseRules
{
    /// <summary>Statuses whose responses end with their head (RFC 9112, section 6.3).</summary>
    public static bool HasContent(int status) => status is not (204 or 304);

    public static void CheckStatus(int status)
    {
        if (status is < 200 or > 599)
            throw new ArgumentOutOfRangeException(nameof(status), status, "A final status is from 200 to 599.");
    }

    /// <summary>A value with a line end in it would be another field, or another response.</summary>
    public static void CheckField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!Tokens.IsToken(name))
            throw new ArgumentException("The name of a field must be a token.", nameof(name));
        if (!Tokens.IsFieldValue(value))
            throw new ArgumentException("The value of a field must not hold control characters.", nameof(value));
    }
}
