namespace Penstock.Diagnostics;

/// <summary>
/// What one loop has done since it started. Plain fields that only the loop writes; other threads read them for metrics
/// and may be a moment behind.
/// </summary>
internal sealed class LoopStatistics
{
    public long Turns;
    public long Completions;
    public long StaleCompletions;
    public long AcceptedConnections;
    public long OpenConnections;
    public long ReceivedBytes;
    public long SentBytes;
    public long Sends;
    public long ReceivePauses;
    public long AcceptBackoffs;
    public long ListenerPauses;
    public long HandlerFaults;
    public long CallbackFaults;
    public long DroppedPayloads;
    public long SlowConsumers;
}
