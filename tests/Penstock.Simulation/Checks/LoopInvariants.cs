using Penstock.Connections;
using Penstock.Loop;
using Penstock.Timing;

namespace Penstock.Simulation.Checks;

/// <summary>
/// What must hold after every turn, and what must hold whenever the loop believes that it has nothing to do.
/// </summary>
internal sealed class LoopInvariants(SimulationRun run)
{
    public void CheckAfterTurn()
    {
        foreach (ConnectionRecord record in run.OpenRecords)
        {
            CheckLimits(record);
            CheckDeadlines(record);
        }
    }

    /// <summary>
    /// Nothing may be left undone when a loop goes to sleep: who forgets a wake-up here waits for ever, and only its
    /// peer's patience would show it.
    /// </summary>
    public void CheckBeforeSleep()
    {
        foreach (ConnectionRecord record in run.OpenRecords)
            CheckNothingUndone(record);
        foreach (ServerUnderTest server in run.Servers)
        {
            foreach (LoopListener listener in server.LoopListeners)
                CheckListener(server, listener);
        }
    }

    private void CheckLimits(ConnectionRecord record)
    {
        ServerUnderTest server = record.Server;
        int mostStaged = server.Options.MaxSendQueueBytes + run.Scenario.MaxReplyBytes(server);
        run.Require(
            record.Connection.UnsentBytes <= mostStaged,
            $"{record} has {record.Connection.UnsentBytes} bytes staged, more than {mostStaged}");
        if (record.Connection.State != ConnectionState.Open)
            return;
        long mostUnconsumed = server.Scope.Limits.MaxUnconsumedBytes;
        long mostKept = mostUnconsumed + run.ReceiveBufferBytes + run.Driver.PauseOvershootBytes;
        run.Require(record.Unconsumed <= mostKept, $"{record} keeps {record.Unconsumed} bytes, more than {mostKept}");
    }

    private void CheckDeadlines(ConnectionRecord record)
    {
        long now = run.Loop.Now;
        ConnectionOptions options = record.Server.Options;
        ConnectionState state = record.Connection.State;
        if (state >= ConnectionState.Closing)
            record.Decide(now);
        if (state == ConnectionState.Lingering && record.LingeringSince < 0)
            record.LingeringSince = now;

        if (state == ConnectionState.Open)
            CheckPatience(record, now);
        if (state < ConnectionState.Closing && record.Slot.IsSending)
        {
            RequireWithin(
                options.WriteStallTimeout,
                record.Slot.SendStalledSince,
                record,
                "waits too long for its peer to take something");
        }
        if (state == ConnectionState.Lingering)
            RequireWithin(options.LingerTimeout, record.LingeringSince, record, "lingers too long");
    }

    private void CheckPatience(ConnectionRecord record, long now)
    {
        // Who waited for us when the last turn ended did so until this one, however late it came.
        Connection connection = record.Connection;
        bool waitsForUs = record.Slot.IsPaused || connection.UnsentBytes > 0 || connection.Input.IsToBeShown;
        if (waitsForUs || record.WaitedForUs)
            record.WaitingSince = now;
        record.WaitedForUs = waitsForUs;

        // It may be paused and resumed within one turn.
        record.WaitingSince = Math.Max(record.WaitingSince, record.Slot.ResumedAt);
        if (record.Slot.TakenBytes > record.TakenBytes)
        {
            record.LastTakenAt = now;

            // A deadline that passed while something was on its way to the peer has begun again, also the first one.
            if (!AwaitsFirst(record) || now - record.WaitingSince > PatienceFor(record).Ticks)
                record.WaitingSince = now;
        }

        record.TakenBytes = record.Slot.TakenBytes;
        RequireWithin(PatienceFor(record), record.WaitingSince, record, "waits too long for a message");
    }

    private static TimeSpan PatienceFor(ConnectionRecord record)
    {
        ConnectionOptions options = record.Server.Options;
        return AwaitsFirst(record) ? options.FirstMessageTimeout : options.IdleTimeout;
    }

    private static bool AwaitsFirst(ConnectionRecord record) =>
        !record.AnyMessage && record.Server.Options.FirstMessageTimeout != Timeout.InfiniteTimeSpan;

    private void RequireWithin(TimeSpan limit, long since, ConnectionRecord record, string what)
    {
        if (limit != Timeout.InfiniteTimeSpan)
            run.Require(
                run.Loop.Now - since <= limit.Ticks,
                $"{record} {what}: since {TimeSpan.FromTicks(since)}, at {TimeSpan.FromTicks(run.Loop.Now)}");
    }

    private void CheckNothingUndone(ConnectionRecord record)
    {
        Connection connection = record.Connection;
        bool busy = record.Slot.IsSending;
        if (connection.State < ConnectionState.Closing)
            run.Require(
                busy || connection.UnsentBytes == 0,
                $"{record} has {connection.UnsentBytes} bytes staged and does not send them");
        if (connection.State == ConnectionState.Draining)
            run.Require(busy, $"{record} is draining and has nothing to send");
        if (connection.State != ConnectionState.Open)
            return;

        ServerOptions options = record.Server.Options;
        run.Require(
            !record.IsCongested || connection.UnsentBytes > options.ResumeSendQueueBytes,
            $"{record} was not told that it drained, with {connection.UnsentBytes} bytes staged");
        run.Require(
            record.IsCongested || connection.UnsentBytes <= options.MaxSendQueueBytes,
            $"{record} was not told that it is congested, with {connection.UnsentBytes} bytes staged");

        if (record.Slot.IsPaused)
        {
            run.Require(
                record.IsPausedByHandler
                    || run.Scenario.MayBePaused(record)
                    || connection.UnsentBytes > options.ResumeSendQueueBytes,
                $"{record} is paused for no reason, with {connection.UnsentBytes} bytes staged");
            return;
        }

        long whole = record.Client.WholeRequestBytes(record.Slot.DeliveredBytes);
        run.Require(
            whole <= record.Consumed,
            $"{record} was not shown a whole request: {record.Consumed} of {whole} bytes consumed");
        run.Require(!record.Slot.ReceiveEnded || record.SawPeerFinish, $"{record} was not told that its peer finished");
    }

    private void CheckListener(ServerUnderTest server, LoopListener listener)
    {
        if (run.Driver.Find(listener.Key) is not { IsPaused: true } slot || slot.IsClosing)
            return;
        ConnectionLimiter limiter = server.Limiter;
        EventLoop loop = run.Loop;
        bool backingOff = loop.Deadlines.IsSet(ConnectionDeadlines.EntryOf(listener.Key.Index));
        run.Require(
            limiter.IsFull || !loop.HasFreeSlot || backingOff, $"a listener of {server.Name} is paused for no reason");
        run.Require(loop.Deadlines.Next != LoopClock.Never || !backingOff, $"a listener backs off for ever");
    }
}
