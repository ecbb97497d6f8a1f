namespace Penstock.Http.Responses;

/// <summary>How far a response has got.</summary>
internal enum ResponsePhase : byte
{
    /// <summary>Nothing is written; status and fields can still change.</summary>
    NotStarted,

    /// <summary>The head is written.</summary>
    Started,

    /// <summary>Everything is written.</summary>
    Complete,
}
