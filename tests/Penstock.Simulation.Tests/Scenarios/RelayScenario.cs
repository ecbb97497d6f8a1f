using Penstock.Simulation.Checks;
using Penstock.Simulation.Clients;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Tests.Scenarios;

/// <summary>
/// Connections that fill each other's send queues, under every policy: whoever waits for OnDrained must hear of it.
/// </summary>
internal sealed class RelayScenario : Scenario
{
    private readonly Dictionary<ServerUnderTest, RelayHandler> _handlers = [];
    private readonly Dictionary<Connection, ConnectionRecord> _open = [];
    private SimulationRun _run = null!;

    public override string Name => "relay";

    public override bool HandlersPause => true;

    public override void Begin(SimulationRun run) => _run = run;

    public override void Adjust(ServerOptions options) =>
        options.SlowConsumer = _run.Chance.Pick(Enum.GetValues<SlowConsumerPolicy>());

    public override ConnectionHandler CreateHandler(ServerUnderTest server)
    {
        var handler = new RelayHandler(server.Options, _run.Chance);
        _handlers.Add(server, handler);
        return handler;
    }

    public override ModelClient CreateClient(
        ServerUnderTest server, SimulatedNetwork network, SimulatedConnection connection) =>
        new RelayClient(network, connection);

    /// <summary>What one receive brings, and what was in flight when receiving paused.</summary>
    public override int MaxReplyBytes(ServerUnderTest server) =>
        _run.ReceiveBufferBytes + (2 * _run.Driver.PauseOvershootBytes);

    public override bool MayBePaused(ConnectionRecord record) =>
        PartnerOf(record) is not { IsCongested: false, Connection.State: ConnectionState.Open };

    /// <summary>When one ends, the relay closes the other.</summary>
    public override bool Explains(ConnectionRecord record) => record.Reason == CloseReason.LocalClose;

    public override void OnOpened(ConnectionRecord record) => _open.Add(record.Connection, record);

    public override void OnConsumed(ConnectionRecord record)
    {
        var client = (RelayClient)record.Client;
        ReadOnlySpan<byte> taken = client.Sent[(int)client.TakenBytes..(int)record.Consumed];
        client.TakenBytes = record.Consumed;
        if (PartnerOf(record) is { } partner)
            ((RelayClient)partner.Client).Owe(taken);
    }

    public override void OnClosed(ConnectionRecord record) => _open.Remove(record.Connection);

    private ConnectionRecord? PartnerOf(ConnectionRecord record) =>
        _handlers[record.Server].PartnerOf(record.Connection) is { } partner ? _open.GetValueOrDefault(partner) : null;
}
