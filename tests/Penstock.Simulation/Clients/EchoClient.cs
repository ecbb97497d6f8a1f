using System.Buffers.Binary;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Clients;

/// <summary>
/// Sends frames with a 4-byte little-endian length and expects each back. So what it receives must be, byte by byte,
/// what it sent, and never more than the whole frames of it.
/// </summary>
internal sealed class EchoClient : ModelClient
{
    private const int PrefixBytes = sizeof(uint);

    private readonly int _maxMessageBytes;
    private readonly RequestBudget _budget;
    private readonly RequestEnds _frameEnds = new();
    private long _produced;
    private int _answered;

    public EchoClient(SimulatedNetwork network, SimulatedConnection connection, int maxMessageBytes)
        : base(network, connection)
    {
        _maxMessageBytes = maxMessageBytes;
        _budget = new RequestBudget(Chance, maxRequests: 150, maxOutstanding: 64);
    }

    public override bool IsAnswered => _answered == _frameEnds.Count;

    protected override bool IsScriptOver => _budget.IsSpent;

    public override long WholeRequestBytes(long count) => _frameEnds.WholeBytesIn(count);

    protected override bool TryProduce(ByteFifo outbox)
    {
        if (_produced >= ScriptBytes)
            _budget.Spend();
        if (!_budget.TryTake(outstanding: _frameEnds.Count - _answered))
            return false;
        bool forbidden = Faults.Strikes(Fault.BadMessage);
        int length = (int)Chance.Spread(1, Math.Min(_maxMessageBytes, ScriptBytes) + 1) - 1;
        Produce(outbox, length, forbidden ? Chance.Pick((uint)_maxMessageBytes + 1, uint.MaxValue) : (uint)length);
        SentForbidden |= forbidden;
        if (!SentForbidden)
            _frameEnds.Add(_produced);
        return true;
    }

    protected override void OnReceived(ReadOnlySpan<byte> bytes)
    {
        long from = ReceivedBytes - bytes.Length;
        InvariantException.Require(
            ReceivedBytes <= WholeRequestBytes(SentBytes),
            $"{ReceivedBytes} bytes of replies, more than was asked for");
        InvariantException.Require(
            bytes.SequenceEqual(Sent[(int)from..(int)ReceivedBytes]),
            $"the replies differ from the requests after byte {from}");
        while (_answered < _frameEnds.Count && _frameEnds[_answered] <= ReceivedBytes)
            _answered++;
    }

    private void Produce(ByteFifo outbox, int length, uint announced)
    {
        byte[] frame = new byte[PrefixBytes + length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, announced);
        Chance.Fill(frame.AsSpan(PrefixBytes));
        outbox.Write(frame);
        _produced += frame.Length;
    }
}
