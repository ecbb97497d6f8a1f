namespace Penstock.Http.Responses;

/// <summary>The Date field of one loop's responses (RFC 9110, section 6.6.1), formatted once a second.</summary>
internal sealed class DateHeader
{
    /// <summary>Name, 29 characters of IMF-fixdate, and the line's end.</summary>
    public const int Length = 37;

    private readonly byte[] _line = new byte[Length];
    private long _second = long.MinValue;

    public DateHeader(DateTimeOffset now)
    {
        "Date: "u8.CopyTo(_line);
        "\r\n"u8.CopyTo(_line.AsSpan(Length - 2));
        Update(now);
    }

    public ReadOnlySpan<byte> Line => _line;

    /// <summary>The date that the line says.</summary>
    public DateTimeOffset Second => DateTimeOffset.FromUnixTimeSeconds(_second);

    public void Update(DateTimeOffset now)
    {
        long second = now.ToUnixTimeSeconds();
        if (second == _second)
            return;
        _second = second;
        HttpDate.Write(now, _line.AsSpan(6));
    }
}
