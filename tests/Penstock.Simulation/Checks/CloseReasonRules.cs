namespace Penstock.Simulation.Checks;

/// <summary>
/// Every reason that the engine gives for an end must be true: something outside must have happened that explains it.
/// </summary>
internal static class CloseReasonRules
{
    public static void Check(SimulationRun run, ConnectionRecord record)
    {
        record.Decide(run.Loop.Now);
        run.Require(
            IsExplained(record) || run.Scenario.Explains(record),
            $"{record} ended with {record.Reason}, and nothing explains it");
        if (record.Reason is CloseReason.IdleTimeout or CloseReason.FirstMessageTimeout)
            RequireTimedOut(run, record, record.Reason);
    }

    /// <summary>The engine calls a peer silent: it must have been, for its time.</summary>
    public static void RequireTimedOut(SimulationRun run, ConnectionRecord record, CloseReason reason)
    {
        record.Decide(run.Loop.Now);
        if (reason == CloseReason.IdleTimeout)
            RequireNotEarly(run, record, reason, record.Server.Options.IdleTimeout, record.LastTakenAt);
        else
            RequireNotEarly(run, record, reason, record.Server.Options.FirstMessageTimeout, 0);
    }

    private static bool IsExplained(ConnectionRecord record)
    {
        ConnectionOptions options = record.Server.Options;
        Network.SimulatedConnection wire = record.Client.Connection;
        return record.Reason switch
        {
            CloseReason.LocalClose => record.WasAskedToClose,
            CloseReason.PeerFinished => record.SawPeerFinish,
            CloseReason.PeerReset => wire.ServerError != 0,
            CloseReason.SocketError => wire.IsBroken,
            CloseReason.IdleTimeout => options.IdleTimeout != Timeout.InfiniteTimeSpan,
            CloseReason.FirstMessageTimeout =>
                options.FirstMessageTimeout != Timeout.InfiniteTimeSpan && !record.AnyMessage,
            CloseReason.WriteStallTimeout => options.WriteStallTimeout != Timeout.InfiniteTimeSpan,
            CloseReason.MessageTooLarge or CloseReason.ProtocolError => record.Client.SentForbidden,
            CloseReason.HandlerFault => record.HasFaulted,
            CloseReason.SlowConsumer => options.SlowConsumer == SlowConsumerPolicy.Disconnect,
            CloseReason.ServerShutdown => true,
            _ => false,
        };
    }

    private static void RequireNotEarly(
        SimulationRun run, ConnectionRecord record, CloseReason reason, TimeSpan limit, long taken)
    {
        long since = Math.Max(taken, Math.Max(record.LastMessageAt, record.LastResumedAt));
        long waited = record.DecidedAt - since;
        run.Require(
            waited >= limit.Ticks,
            $"{record} ended with {reason} after {TimeSpan.FromTicks(waited)}, before {limit} were over");
        run.Require(
            record.Client.WholeRequestBytes(record.DeliveredWhenDecided) <= record.Consumed,
            $"{record} was called idle with a request waiting");
    }
}
