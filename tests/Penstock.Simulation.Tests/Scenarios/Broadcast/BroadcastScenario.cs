using Penstock.Broadcast;
using Penstock.Simulation.Checks;
using Penstock.Simulation.Clients;
using Penstock.Simulation.Network;
using Penstock.Timing;

namespace Penstock.Simulation.Tests.Scenarios.Broadcast;

/// <summary>
/// The broadcast server: every message reaches everybody who is there, once, in one order for all clients of the loop,
/// which holds the order of each sender; and what a policy drops is whole messages, counted.
/// </summary>
internal sealed class BroadcastScenario : Scenario
{
    private readonly Dictionary<ServerUnderTest, RoomModel> _rooms = [];
    private SimulationRun _run = null!;
    private LoopGroup _group = null!;

    public override string Name => "broadcast";

    public override bool HandlersPause => true;

    public override void Begin(SimulationRun run)
    {
        _run = run;
        _group = new LoopGroup([run.Loop], new LoopClock(run.Time));
    }

    /// <summary>Short messages: everything is sent to everybody.</summary>
    public override void Adjust(ServerOptions options)
    {
        options.MaxMessageBytes = Math.Min(options.MaxMessageBytes, 2_000);
        if (_run.Chance.Chance(0.3))
            options.SlowConsumer = SlowConsumerPolicy.DropOldest;
    }

    public override ConnectionHandler CreateHandler(ServerUnderTest server)
    {
        bool drops = server.Options.SlowConsumer == SlowConsumerPolicy.DropOldest;
        BroadcastFraming[] framings =
        [
            BroadcastFraming.UInt32LittleEndian, BroadcastFraming.UInt64BigEndian,
            BroadcastFraming.Lines, BroadcastFraming.Raw,
        ];

        // Raw bytes do not tell where a message that was left out ended.
        BroadcastFraming framing = framings[_run.Chance.Below(drops ? 3 : 4)];
        var room = new RoomModel(_run, new Room(server.Options.SlowConsumer), framing);
        _rooms.Add(server, room);
        return BroadcastServer.Create(room.Room.On(_run.Loop.Context), framing);
    }

    public override ModelClient CreateClient(
        ServerUnderTest server, SimulatedNetwork network, SimulatedConnection connection) =>
        new BroadcastClient(network, connection, _rooms[server].Framing, server.Options);

    /// <summary>
    /// A client that is congested holds the senders back within a turn, and has what was said until then; one that is
    /// given up is so a turn after its send could have ended. Where messages are dropped, none but long ones pass the
    /// mark: what an outstanding send covers, and the newest.
    /// </summary>
    public override int MaxReplyBytes(ServerUnderTest server) =>
        server.Options.SlowConsumer == SlowConsumerPolicy.DropOldest
            ? Math.Max(0, (2 * LongestMessage(server)) - 1 - (server.Options.MaxSendQueueBytes / 2))
            : (3 * _rooms[server].MostSaidInOneTurn) + 64;

    public override bool MayBePaused(ConnectionRecord record) => _rooms[record.Server].Room.IsCongested;

    public override void OnOpened(ConnectionRecord record)
    {
        _rooms[record.Server].Enter(record);
        ((BroadcastClient)record.Client).Dropped = () => record.Connection.DroppedPayloads;
    }

    public override void OnConsumed(ConnectionRecord record) => _rooms[record.Server].Take(record);

    public override void OnClosed(ConnectionRecord record)
    {
        _rooms[record.Server].Leave(record);
        long dropped = record.Connection.DroppedPayloads;
        ((BroadcastClient)record.Client).Dropped = () => dropped;
    }

    public override void CheckEnd(IReadOnlyList<ConnectionRecord> records)
    {
        foreach (ConnectionRecord record in records)
        {
            var client = (BroadcastClient)record.Client;
            if (client.SawEnd && !client.WasCutOff && !client.Connection.MayFail && !client.Connection.IsClientReset)
                CheckAccount(record, client);
        }
    }

    public override void Dispose()
    {
        _group.DisposeAsync().AsTask().GetAwaiter().GetResult();
        base.Dispose();
    }

    private static int LongestMessage(ServerUnderTest server) => server.Options.MaxMessageBytes + sizeof(ulong);

    private void CheckAccount(ConnectionRecord record, BroadcastClient client)
    {
        bool drops = record.Server.Options.SlowConsumer == SlowConsumerPolicy.DropOldest;
        _run.Require(client.TornBytes == 0, $"{record} ended in order within a message");
        _run.Require(client.MissingBytes == 0, $"{record} ended in order and owes {client.MissingBytes} bytes");
        _run.Require(
            !drops || client.Heard + client.Dropped() == client.Owed,
            $"{record}: {client.Heard} messages heard and {client.Dropped()} dropped, of {client.Owed}");
    }
}
