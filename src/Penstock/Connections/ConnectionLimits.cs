using Penstock.Timing;

namespace Penstock.Connections;

/// <summary>
/// What one connection may cost, and for how long; the durations are named in its loop's deadline
/// queue.
/// </summary>
internal sealed record ConnectionLimits
{
    /// <summary>
    /// What a frame may add to its payload while it waits for its end: prefix, delimiter, trailer. A handler that
    /// leaves more than a whole message unconsumed will never consume it.
    /// </summary>
    private const int MaxFramingBytes = 1_024;

    /// <summary>
    /// How long a peer that sends nothing is lingered for. It has at least that long to read its last replies, however
    /// far away it is: what could reset them set out after our FIN arrived, or arrives here before this is over.
    /// </summary>
    private static readonly TimeSpan LongestLingerSilence = TimeSpan.FromMilliseconds(500);

    public required int MaxMessageBytes { get; init; }

    public required int SendHighMark { get; init; }

    public required int SendLowMark { get; init; }

    public required SlowConsumerPolicy SlowConsumer { get; init; }

    public required DeadlineList FirstMessage { get; init; }

    public required DeadlineList Idle { get; init; }

    public required DeadlineList WriteStall { get; init; }

    /// <summary>Whether a connection that ends waits for its peer's FIN at all.</summary>
    public required bool Lingers { get; init; }

    public required DeadlineList Linger { get; init; }

    /// <summary>Ends lingering when nothing arrives for so long; never longer than <see cref="Linger"/>.</summary>
    public required DeadlineList LingerSilence { get; init; }

    /// <summary>The most that may stay unconsumed between receives.</summary>
    public long MaxUnconsumedBytes => (long)MaxMessageBytes + MaxFramingBytes;

    public static ConnectionLimits From(ConnectionOptions options, DeadlineQueue deadlines) => new()
    {
        MaxMessageBytes = options.MaxMessageBytes,
        SendHighMark = options.MaxSendQueueBytes,
        SendLowMark = options.ResumeSendQueueBytes,
        SlowConsumer = options.SlowConsumer,
        FirstMessage = deadlines.GetList(options.FirstMessageTimeout),
        Idle = deadlines.GetList(options.IdleTimeout),
        WriteStall = deadlines.GetList(options.WriteStallTimeout),
        Lingers = options.LingerTimeout > TimeSpan.Zero,
        Linger = deadlines.GetList(options.LingerTimeout),
        LingerSilence = deadlines.GetList(Min(options.LingerTimeout, LongestLingerSilence)),
    };

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
