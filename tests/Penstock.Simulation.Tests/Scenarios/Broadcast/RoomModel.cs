using Penstock.Broadcast;
using Penstock.Simulation.Checks;

namespace Penstock.Simulation.Tests.Scenarios.Broadcast;

/// <summary>
/// One server's room as it must behave: a list of who is there, and messages in the order they were taken.
/// </summary>
internal sealed class RoomModel(SimulationRun run, Room room, BroadcastFraming framing)
{
    private readonly List<ConnectionRecord> _present = [];
    private readonly List<byte[]> _taken = [];
    private long _turn;
    private int _saidThisTurn;

    public Room Room => room;

    public BroadcastFraming Framing => framing;

    public int MostSaidInOneTurn { get; private set; }

    public void Enter(ConnectionRecord record) => _present.Add(record);

    public void Leave(ConnectionRecord record) => _present.Remove(record);

    /// <summary>
    /// The handler has said what it consumed. It is delivered by work that was posted while it did so; what is posted
    /// here runs right behind that, so both find the same clients there.
    /// </summary>
    public void Take(ConnectionRecord record)
    {
        var client = (BroadcastClient)record.Client;
        ReadOnlySpan<byte> taken = client.Sent[(int)client.TakenBytes..(int)record.Consumed];
        client.TakenBytes = record.Consumed;
        if (taken.IsEmpty)
            return;
        Count(taken.Length);
        if (framing == BroadcastFraming.Raw)
            _taken.Add(taken.ToArray());
        else
            Split(taken);
        run.Loop.Post((_, _) => Deliver(), null);
    }

    private void Split(ReadOnlySpan<byte> taken)
    {
        while (!taken.IsEmpty)
        {
            int length = Wire.LengthOf(framing, taken);
            run.Require(length > 0, $"a part of a message was consumed");
            _taken.Add(taken[..length].ToArray());
            taken = taken[length..];
        }
    }

    private void Deliver()
    {
        foreach (ConnectionRecord record in _present.Where(record => record.Connection.State == ConnectionState.Open))
        {
            foreach (byte[] message in _taken)
                ((BroadcastClient)record.Client).Owe(message);
        }

        _taken.Clear();
    }

    private void Count(int bytes)
    {
        if (_turn != run.Loop.Statistics.Turns)
            (_turn, _saidThisTurn) = (run.Loop.Statistics.Turns, 0);
        _saidThisTurn += bytes;
        MostSaidInOneTurn = Math.Max(MostSaidInOneTurn, _saidThisTurn);
    }
}
