namespace Penstock.Drivers;

/// <summary>
/// How large an <see cref="IoUringDriver"/> makes what it shares with the kernel. All are powers of two.
/// </summary>
/// <param name="SubmissionEntries">Operations that are collected before the kernel must be told in the middle of a
/// turn.</param>
/// <param name="CompletionEntries">Results that can wait at once. One multishot operation yields many, so there must be
/// several times the submissions; what does not fit the kernel keeps aside, and takes longer to hand over.</param>
/// <param name="ReceiveBuffers">Buffers that the kernel receives into, for all connections of the loop.</param>
/// <param name="ReceiveBufferBytes">Bytes in each; the most that one receive takes.</param>
/// <param name="Incremental">Let receives share a buffer, each taking only the bytes that it fills. The
/// kernel must complete in the order in which it fills (Linux 6.15).</param>
internal readonly record struct IoUringSizes(
    int SubmissionEntries,
    int CompletionEntries,
    int ReceiveBuffers,
    int ReceiveBufferBytes,
    bool Incremental)
{
    /// <summary>MULTISHOT_MAX_RETRY of the kernel: then other connections have their turn.</summary>
    private const int MaxReceivesInARow = 32;

    /// <summary>Below this, fairness would cost more than it gives.</summary>
    private const int MinimumFairBytes = 64;

    /// <summary>
    /// Before 6.15 a kernel could post the completions of one batch in another order than it filled a shared buffer,
    /// and one client's bytes would be taken for another's (its commit "ensure deferred completions are flushed for
    /// multishot").
    /// </summary>
    private static bool KeepsOrder => Environment.OSVersion.Version >= new Version(6, 15);

    /// <summary>Four MiB of buffers, resident only as far as they were ever filled.</summary>
    public static IoUringSizes Default { get; } = new(1024, 4096, 512, 8192, Incremental: KeepsOrder);

    public int TotalReceiveBytes => ReceiveBuffers * ReceiveBufferBytes;

    /// <summary>
    /// These sizes with buffers no larger than a receive may be, and so small that those which the kernel fills for one
    /// connection in a row are no more than it may receive in a turn.
    /// </summary>
    public IoUringSizes LimitedTo(in DriverLimits limits)
    {
        int fair = Math.Max(limits.MaxReadBytesPerTurn / MaxReceivesInARow, MinimumFairBytes);
        int bytes = Math.Min(Math.Min(ReceiveBufferBytes, limits.ReceiveBufferBytes), fair);
        return this with { ReceiveBufferBytes = bytes };
    }
}
