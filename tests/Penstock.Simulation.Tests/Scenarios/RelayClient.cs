using Penstock.Simulation.Clients;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Tests.Scenarios;

/// <summary>Sends bytes, and receives what the model says that the relay sent here.</summary>
internal sealed class RelayClient : ModelClient
{
    private readonly ByteFifo _owed = new();
    private int _bytesLeft;

    public RelayClient(SimulatedNetwork network, SimulatedConnection connection)
        : base(network, connection) => _bytesLeft = (int)Chance.Spread(1, Math.Min(ScriptBytes, 200_000)) - 1;

    /// <summary>What the relay has taken of what was sent.</summary>
    public long TakenBytes { get; set; }

    public override bool IsAnswered => TakenBytes == SentBytes && _owed.Count == 0;

    protected override bool IsScriptOver => _bytesLeft == 0;

    /// <summary>Bytes that the relay sent here.</summary>
    public void Owe(ReadOnlySpan<byte> bytes) => _owed.Write(bytes);

    public override long WholeRequestBytes(long count) => count;

    protected override bool TryProduce(ByteFifo outbox)
    {
        if (_bytesLeft == 0)
            return false;
        byte[] piece = new byte[Chance.Between(1, Math.Min(_bytesLeft, 4096))];
        Chance.Fill(piece);
        outbox.Write(piece);
        _bytesLeft -= piece.Length;
        return true;
    }

    protected override void OnReceived(ReadOnlySpan<byte> bytes)
    {
        InvariantException.Require(bytes.Length <= _owed.Count, $"{bytes.Length} bytes came, {_owed.Count} are owed");
        InvariantException.Require(
            bytes.SequenceEqual(_owed.Peek(bytes.Length)), $"what came differs from what was sent");
        _owed.Drop(bytes.Length);
    }
}
