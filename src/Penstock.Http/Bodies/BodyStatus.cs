namespace Penstock.Http.Bodies;

/// <summary>What comes next of a request's body.</summary>
internal enum BodyStatus
{
    /// <summary>More bytes are needed.</summary>
    NeedMore,

    /// <summary>A piece of content is here.</summary>
    Content,

    /// <summary>The body has ended, its trailers included.</summary>
    Ended,

    /// <summary>The framing is broken.</summary>
    Invalid,

    /// <summary>The body is longer than the limit.</summary>
    TooLarge,

    /// <summary>The trailers are longer than the limit.</summary>
    TrailersTooLarge,
}
