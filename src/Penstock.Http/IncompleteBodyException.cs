namespace Penstock.Http;

/// <summary>
/// A request's body did not come to its end: what was read of it is a part, and must not be taken for the whole.
/// </summary>
public sealed class IncompleteBodyException : IOException
{
    /// <summary>Creates the exception with the message that fits the reason.</summary>
    public IncompleteBodyException(IncompleteBodyReason reason)
        : base($"The request's body is not whole: {Explain(reason)}.") => Reason = reason;

    /// <summary>Why the body is not whole.</summary>
    public IncompleteBodyReason Reason { get; }

    private static string Explain(IncompleteBodyReason reason) => reason switch
    {
        IncompleteBodyReason.ConnectionEnded => "the connection ended",
        IncompleteBodyReason.PeerFinished => "the client finished sending before its end",
        IncompleteBodyReason.Malformed => "a chunk or a trailer is malformed",
        IncompleteBodyReason.TooLarge => "it is over the limit",
        IncompleteBodyReason.TooSlow => "it came too slowly",
        IncompleteBodyReason.ServerShutdown => "the server stops",
        IncompleteBodyReason.Answered => "the response was complete before it was read",
        _ => "its endpoint failed",
    };
}
