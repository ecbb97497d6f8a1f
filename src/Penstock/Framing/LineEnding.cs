namespace Penstock.Framing;

/// <summary>What ends a line.</summary>
public enum LineEnding
{
    /// <summary>A line feed; a carriage return right before it belongs to the ending, not to the line.</summary>
    LineFeed,

    /// <summary>
    /// Carriage return and line feed. A lone line feed is refused, so that two parties cannot disagree about where a
    /// line ends (the cause of SMTP smuggling; RFC 5321 section 2.3.8 forbids lone ones).
    /// </summary>
    CarriageReturnLineFeed,
}
