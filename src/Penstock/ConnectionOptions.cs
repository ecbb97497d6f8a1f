namespace Penstock;

/// <summary>What one connection may cost, and for how long.</summary>
public class ConnectionOptions
{
    /// <summary>
    /// What <see cref="MaxMessageBytes"/> may be at most, 1 GiB: what is buffered for a message, and a read behind it,
    /// must fit one array.
    /// </summary>
    public const int LargestMessageBytes = 1 << 30;

    /// <summary>
    /// The longest message that a peer may send, and so the most that is ever buffered for it. A longer one closes the
    /// connection with <see cref="CloseReason.MessageTooLarge"/>, as soon as its length is known. Default: 1 MiB; at
    /// most 1 GiB.
    /// </summary>
    public int MaxMessageBytes { get; set; } = 1024 * 1024;

    /// <summary>
    /// The high mark: with more than this waiting for a peer, <see cref="SlowConsumer"/> decides. Default: 256 KiB.
    /// What a peer that never reads can cost is this, and the replies to one read; while memory is short
    /// (<see cref="LoopOptions.MaxMemoryForConnections"/>) it is less. 0 is above nothing: it decides whenever
    /// something waits.
    /// </summary>
    public int MaxSendQueueBytes { get; set; } = 256 * 1024;

    /// <summary>
    /// The low mark: with no more than this waiting, a connection that was paused is received from again. Default:
    /// 64 KiB. Too close to the high mark, receiving stops and starts all the time.
    /// </summary>
    public int ResumeSendQueueBytes { get; set; } = 64 * 1024;

    /// <summary>What happens above the high mark. Default: <see cref="SlowConsumerPolicy.Wait"/>.</summary>
    public SlowConsumerPolicy SlowConsumer { get; set; } = SlowConsumerPolicy.Wait;

    /// <summary>
    /// How long a connection may go without a whole message from its peer, and without the peer taking a byte of what
    /// is sent to it. Default: 60 s. Infinite lets silent peers hold their slots for ever.
    /// </summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a connection may take for its first whole message. Default: 10 s. Infinite leaves it to
    /// <see cref="IdleTimeout"/>; then connecting and saying nothing is as cheap as being a client.
    /// </summary>
    public TimeSpan FirstMessageTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a peer may take nothing while something waits for it. Default: 30 s. Infinite lets a peer that stopped
    /// reading hold its send queue for ever.
    /// </summary>
    public TimeSpan WriteStallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long, after our FIN, a peer may take to send its own while it goes on sending; one that is silent has half
    /// a second, or this if it is less. Default: 2 s. Zero means not to wait at all, at the risk that bytes still
    /// arriving reset the connection and take the last replies along.
    /// </summary>
    public TimeSpan LingerTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Checks every value; the message of a failure names the option.</summary>
    internal virtual void Validate()
    {
        OptionChecks.InRange(MaxMessageBytes, 1, LargestMessageBytes, nameof(MaxMessageBytes));
        OptionChecks.AtLeast(MaxSendQueueBytes, 0, nameof(MaxSendQueueBytes));
        OptionChecks.AtLeast(ResumeSendQueueBytes, 0, nameof(ResumeSendQueueBytes));
        if (ResumeSendQueueBytes > MaxSendQueueBytes)
        {
            throw new ArgumentOutOfRangeException(
                nameof(ResumeSendQueueBytes),
                ResumeSendQueueBytes,
                $"{nameof(ResumeSendQueueBytes)} must not be above {nameof(MaxSendQueueBytes)} ({MaxSendQueueBytes}).");
        }

        OptionChecks.PositiveOrInfinite(IdleTimeout, nameof(IdleTimeout));
        OptionChecks.PositiveOrInfinite(FirstMessageTimeout, nameof(FirstMessageTimeout));
        OptionChecks.PositiveOrInfinite(WriteStallTimeout, nameof(WriteStallTimeout));
        OptionChecks.NotNegative(LingerTimeout, nameof(LingerTimeout));
    }
}
