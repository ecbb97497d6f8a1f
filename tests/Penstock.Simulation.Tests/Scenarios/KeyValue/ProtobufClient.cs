using Penstock.Simulation.Clients;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Tests.Scenarios.KeyValue;

/// <summary>Gets and puts over the protobuf protocol, on the keys that clients of the other protocol use too.</summary>
internal sealed class ProtobufClient : ExpectingClient
{
    private readonly List<ProtobufMessage> _messages = [];
    private readonly int _maxValueBytes;
    private readonly RequestBudget _budget;

    public ProtobufClient(SimulatedNetwork network, SimulatedConnection connection, int maxValueBytes)
        : base(network, connection)
    {
        _maxValueBytes = Math.Min(maxValueBytes, ScriptBytes);
        _budget = new RequestBudget(Chance, maxRequests: 80, maxOutstanding: 64);
    }

    /// <summary>The messages that were sent, by their number.</summary>
    public IReadOnlyList<ProtobufMessage> Messages => _messages;

    protected override bool IsScriptOver => _budget.IsSpent;

    protected override bool TryProduce(ByteFifo outbox)
    {
        if (ProducedBytes >= ScriptBytes)
            _budget.Spend();
        if (!_budget.TryTake(outstanding: Requests - Taken))
            return false;
        if (Faults.Strikes(Fault.BadMessage))
        {
            ProduceForbidden(outbox, DrawForbidden(), farewell: default);
            _budget.Spend();
            return true;
        }

        string key = $"k{Chance.Below(6)}";
        ProtobufMessage message = Chance.Chance(0.5)
            ? new ProtobufMessage(key, "", ProtobufMessage.Get, 0)
            : new ProtobufMessage(key, DrawValue(), ProtobufMessage.Put, 0);
        _messages.Add(message);
        Produce(outbox, message.ToFrame());
        return true;
    }

    private byte[] DrawForbidden()
    {
        byte[] frame = new ProtobufMessage("k", "v", Chance.Pick(0, 2, 4, 300), 0).ToFrame();
        switch (Chance.Below(4))
        {
            case 0:
                frame[^1] ^= 1;
                break;
            case 1:
                frame[4] = 0x0F;
                break;
            case 2:
                frame.AsSpan(0, 4).Fill(0xFF);
                break;
            default:
                break;
        }

        return frame;
    }

    /// <summary>Any bytes, one character each.</summary>
    private string DrawValue()
    {
        byte[] bytes = new byte[(int)Chance.Spread(1, Math.Max(1, _maxValueBytes)) - 1];
        Chance.Fill(bytes);
        return string.Concat(bytes.Select(value => (char)value));
    }
}
