namespace Penstock.KeyValue.Commands;

/// <summary>
/// What one loop has done. Only the loop writes; others read for INFO and metrics, a moment late perhaps.
/// </summary>
internal sealed class CommandCounters
{
    public long Commands;
    public long Hits;
    public long Misses;
    public long EvictedKeys;
    public long RefusedWrites;
    public long SlowSubscribers;
    public long HeldReplies;
    public long Opened;

    public void Reset() =>
        Commands = Hits = Misses = EvictedKeys = RefusedWrites = SlowSubscribers = HeldReplies = Opened = 0;
}
