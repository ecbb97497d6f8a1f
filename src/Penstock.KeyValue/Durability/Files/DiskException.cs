namespace Penstock.KeyValue.Durability.Files;

/// <summary>A disk did not do what it was asked.</summary>
/// <param name="path">The file or directory.</param>
/// <param name="call">What failed, by the name of the system call.</param>
/// <param name="reason">Why, in the system's words.</param>
/// <param name="inner">What it was noticed by.</param>
internal sealed class DiskException(string path, string call, string reason, Exception? inner = null)
    : IOException($"{path}: {call}: {reason}", inner)
{
    /// <summary>As in <c>No space left on device</c>.</summary>
    public string Reason { get; } = reason;

    /// <summary>The user of this process may not do it.</summary>
    public bool IsDenied { get; init; }
}
