using Penstock.Simulation.Clients;
using Penstock.Simulation.Driving;

namespace Penstock.Simulation.Checks;

/// <summary>
/// Stands between the engine and the handler under test: checks every call that the engine makes, and now and then does
/// what handlers do at the worst time: throw, close, pause.
/// </summary>
internal sealed class ObservedHandler(SimulationRun run, ServerUnderTest server, ConnectionHandler inner)
    : ConnectionHandler
{
    private readonly Dictionary<ConnectionId, ConnectionRecord> _open = [];

    public override void OnOpened(Connection connection)
    {
        DriverSlot slot = run.Driver.Find(connection.Key)
            ?? throw run.Violate($"connection {connection.Id} was opened without a socket");
        var client = (ModelClient)slot.Connection!.Client!;
        long now = run.Loop.Now;
        var record = new ConnectionRecord(connection, server, client, slot)
        {
            LastMessageAt = now,
            LastResumedAt = now,
            WaitingSince = now,
        };
        run.Require(_open.TryAdd(connection.Id, record), $"{record} was opened twice");
        run.Opened(record);
        ThrowPerhaps(record);
        inner.OnOpened(connection);
        run.Scenario.OnOpened(record);
        DisturbPerhaps(record);
    }

    public override int OnReceived(Connection connection, ReadOnlySpan<byte> data)
    {
        ConnectionRecord record = Require(connection, nameof(OnReceived));
        CheckData(record, data);
        ThrowPerhaps(record);
        if (run.HesitatePerhaps(record))
            return 0;
        int consumed = inner.OnReceived(connection, data);
        record.Consumed += consumed;
        if (consumed > 0)
        {
            record.AnyMessage = true;
            record.LastMessageAt = record.WaitingSince = run.Loop.Now;
        }

        run.Scenario.OnConsumed(record);
        DisturbPerhaps(record);
        return consumed;
    }

    public override void OnCongested(Connection connection)
    {
        ConnectionRecord record = Require(connection, nameof(OnCongested));
        run.Require(
            connection.UnsentBytes > server.Options.MaxSendQueueBytes,
            $"{record} was called congested with {connection.UnsentBytes} bytes staged");
        run.Require(!record.IsCongested, $"{record} was called congested twice");
        record.IsCongested = true;
        ThrowPerhaps(record);
        inner.OnCongested(connection);
    }

    public override void OnDrained(Connection connection)
    {
        ConnectionRecord record = Require(connection, nameof(OnDrained));
        run.Require(
            connection.UnsentBytes <= server.Options.ResumeSendQueueBytes,
            $"{record} was called drained with {connection.UnsentBytes} bytes staged");
        run.Require(record.IsCongested, $"{record} was called drained without having been congested");
        record.IsCongested = false;
        record.WaitingSince = run.Loop.Now;
        ThrowPerhaps(record);
        inner.OnDrained(connection);
        DisturbPerhaps(record);
    }

    public override void OnPeerFinishing(Connection connection)
    {
        ConnectionRecord record = Require(connection, nameof(OnPeerFinishing));
        run.Require(!record.SawPeerFinish, $"{record} was told that its peer finishes behind its end");
        run.Require(record.Client.Connection.ToServer.HasEnded, $"{record} was told too early that its peer finishes");
        ThrowPerhaps(record);
        inner.OnPeerFinishing(connection);
    }

    public override void OnPeerFinished(Connection connection)
    {
        ConnectionRecord record = Require(connection, nameof(OnPeerFinished));
        run.Require(!record.SawPeerFinish, $"{record} was told twice that its peer finished");
        run.Require(record.Client.Connection.ToServer.IsAtEnd, $"{record} was told too early that its peer finished");
        record.SawPeerFinish = true;
        ThrowPerhaps(record);
        inner.OnPeerFinished(connection);
    }

    public override void OnReceiveTimeout(Connection connection, CloseReason reason)
    {
        ConnectionRecord record = Require(connection, nameof(OnReceiveTimeout));
        CloseReasonRules.RequireTimedOut(run, record, reason);
        ThrowPerhaps(record);
        inner.OnReceiveTimeout(connection, reason);
        run.Require(
            connection.State >= ConnectionState.Draining, $"{record} goes on behind its deadline for {reason}");
    }

    public override void OnStopping(Connection connection)
    {
        ConnectionRecord record = Require(connection, nameof(OnStopping));
        run.Require(server.IsStopping, $"{record} was told that its server stops");
        ThrowPerhaps(record);
        inner.OnStopping(connection);
    }

    public override void OnClosed(Connection connection, CloseReason reason)
    {
        ConnectionRecord record = Require(connection, nameof(OnClosed));
        record.IsClosed = true;
        record.Reason = reason;
        _open.Remove(connection.Id);
        run.Closed(record);
        run.Scenario.OnClosed(record);
        inner.OnClosed(connection, reason);
        if (run.Faults.Strikes(Fault.HandlerThrow))
            throw new InvalidOperationException("simulated handler fault");
    }

    internal override void Prepare(Connection connection) => inner.Prepare(connection);

    private ConnectionRecord Require(Connection connection, string call) =>
        _open.TryGetValue(connection.Id, out ConnectionRecord? record)
            ? record
            : throw run.Violate($"{call} for connection {connection.Id}, which is not open");

    /// <summary>What the handler sees must be exactly what the client sent, from the first byte not consumed.</summary>
    private void CheckData(ConnectionRecord record, ReadOnlySpan<byte> data)
    {
        run.Require(!data.IsEmpty, $"{record} was shown nothing");
        run.Require(
            data.Length == record.Unconsumed,
            $"{record} was shown {data.Length} bytes of {record.Unconsumed} that it has not consumed");
        run.Require(
            data.SequenceEqual(record.Client.Sent.Slice((int)record.Consumed, data.Length)),
            $"{record} was shown other bytes than the client sent from {record.Consumed} on");
        run.Require(
            record.Connection.State == ConnectionState.Open,
            $"{record} was shown bytes while {record.Connection.State}");
    }

    private void ThrowPerhaps(ConnectionRecord record)
    {
        if (!run.Faults.Strikes(Fault.HandlerThrow))
            return;
        record.HasFaulted = true;
        throw new InvalidOperationException("simulated handler fault");
    }

    private void DisturbPerhaps(ConnectionRecord record)
    {
        if (run.Faults.Strikes(Fault.HandlerClose))
            run.EndByHandler(record);
        else if (run.Faults.Strikes(Fault.HandlerPause))
            run.PauseByHandler(record);
    }
}
