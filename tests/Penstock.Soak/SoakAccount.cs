namespace Penstock.Soak;

/// <summary>What happened in a soak, counted from all threads.</summary>
internal sealed class SoakAccount
{
    private long _opened;
    private long _closed;
    private long _conversations;
    private long _verifiedBytes;
    private long _misbehaved;
    private string? _firstFailure;

    public long Opened => Interlocked.Read(ref _opened);

    public long Closed => Interlocked.Read(ref _closed);

    /// <summary>Conversations that were checked from their first byte to their last.</summary>
    public long Conversations => Interlocked.Read(ref _conversations);

    /// <summary>Bytes that came back exactly as they were sent.</summary>
    public long VerifiedBytes => Interlocked.Read(ref _verifiedBytes);

    /// <summary>Clients that reset, sent garbage or left.</summary>
    public long Misbehaved => Interlocked.Read(ref _misbehaved);

    public string? FirstFailure => Volatile.Read(ref _firstFailure);

    public void CountOpened() => Interlocked.Increment(ref _opened);

    public void CountClosed() => Interlocked.Increment(ref _closed);

    public void CountMisbehaved() => Interlocked.Increment(ref _misbehaved);

    public void CountConversation(long bytes)
    {
        Interlocked.Increment(ref _conversations);
        Interlocked.Add(ref _verifiedBytes, bytes);
    }

    public void Fail(string what) => Interlocked.CompareExchange(ref _firstFailure, what, null);
}
