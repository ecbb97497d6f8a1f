namespace Penstock.Http.Serving;

/// <summary>What of a request is still to come.</summary>
internal enum ExchangePhase : byte
{
    /// <summary>Its head, or the rest of it.</summary>
    Head,

    /// <summary>Its body, or the rest of it.</summary>
    Body,

    /// <summary>Nothing: the response is being made.</summary>
    Answering,
}
