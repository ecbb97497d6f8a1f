namespace Penstock.Polling;

/// <summary>What kqueue holds for one filter of one descriptor.</summary>
internal enum KqueueFilterState : byte
{
    /// <summary>Nothing: never added, deleted, or a one-shot that fired.</summary>
    Absent,

    /// <summary>It is there and silent.</summary>
    Disabled,

    Enabled,
}
