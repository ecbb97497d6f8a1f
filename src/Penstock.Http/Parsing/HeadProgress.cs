namespace Penstock.Http.Parsing;

/// <summary>How far a head has been looked at, so that no byte is looked at again when the next piece comes.</summary>
internal struct HeadProgress
{
    /// <summary>Bytes looked at.</summary>
    public int Scanned;

    /// <summary>Where the line begins whose end is not seen yet.</summary>
    public int LineStart;

    /// <summary>Lines ended, empty ones included.</summary>
    public int Lines;

    /// <summary>Where the request line begins: after empty lines that some clients send first.</summary>
    public int Start;

    /// <summary>Whether the request line has ended.</summary>
    public readonly bool InFields => LineStart > Start;
}
