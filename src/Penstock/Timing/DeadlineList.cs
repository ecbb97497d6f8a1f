namespace Penstock.Timing;

/// <summary>
/// Names one duration of a <see cref="DeadlineQueue"/>, for as long as its holder likes. Loop thread only.
/// </summary>
internal sealed class DeadlineList(long duration)
{
    /// <summary>In timestamps; <see cref="LoopClock.Never"/> when it never expires.</summary>
    public long Duration => duration;

    public bool Expires => duration != LoopClock.Never;

    /// <summary>
    /// Where the queue found the list of this duration last. Another may have it now: an empty list is anybody's.
    /// </summary>
    public int Place { get; set; }
}
