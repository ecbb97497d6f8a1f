namespace Penstock.Http;

/// <summary>Why a request's body did not come, or was not read, to its end.</summary>
public enum IncompleteBodyReason
{
    /// <summary>The connection was reset or broke, or its client did not read.</summary>
    ConnectionEnded,

    /// <summary>The client finished sending within the body, or before its last chunk.</summary>
    PeerFinished,

    /// <summary>A chunk or a trailer is not what it must be.</summary>
    Malformed,

    /// <summary>
    /// The body passed <see cref="HttpOptions.MaxBodyBytes"/>, or its trailers <see cref="HttpOptions.MaxHeadBytes"/>.
    /// </summary>
    TooLarge,

    /// <summary>The body passed a deadline.</summary>
    TooSlow,

    /// <summary>The server stopped before the body was here.</summary>
    ServerShutdown,

    /// <summary>The response was complete before the body was read, so the rest of it is read past.</summary>
    Answered,

    /// <summary>The endpoint threw before the body was here.</summary>
    EndpointFault,
}
