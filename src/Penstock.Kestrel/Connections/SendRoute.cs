namespace Penstock.Kestrel.Connections;

/// <summary>Who sends what a <see cref="TransportOutput"/> holds, so that bytes never overtake each other.</summary>
internal enum SendRoute
{
    /// <summary>Nothing is on its way: whoever flushes sends.</summary>
    Idle,

    /// <summary>Replies to pipelined requests gather until the application waits for more, or its work item comes up.</summary>
    Deferred,

    /// <summary>The loop: something is staged there, or it was asked to come for it.</summary>
    Loop,
}
