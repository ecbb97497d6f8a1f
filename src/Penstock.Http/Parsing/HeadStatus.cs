namespace Penstock.Http.Parsing;

/// <summary>What is known of a head from the bytes that have come.</summary>
internal enum HeadStatus
{
    /// <summary>More is needed.</summary>
    Incomplete,

    /// <summary>It is whole.</summary>
    Complete,

    /// <summary>It is not HTTP, whatever follows.</summary>
    Invalid,

    /// <summary>Its major version is not 1.</summary>
    UnsupportedVersion,

    /// <summary>The request line is too long because of its method.</summary>
    MethodTooLong,

    /// <summary>The request line is too long because of its target.</summary>
    TargetTooLong,

    /// <summary>The head is too long.</summary>
    TooLarge,
}
