using Penstock.Simulation.Clients;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Tests.Scenarios;

/// <summary>Sends bytes, and expects the whole units of them back and then, if it finished, the farewell.</summary>
internal sealed class StreamClient : ModelClient
{
    private int _bytesLeft;

    public StreamClient(SimulatedNetwork network, SimulatedConnection connection)
        : base(network, connection) => _bytesLeft = (int)Chance.Spread(1, Math.Min(ScriptBytes, 200_000)) - 1;

    public override bool IsAnswered
    {
        get
        {
            long farewell = Connection.ToServer.IsFinished
                ? StreamHandler.FarewellPieceBytes * StreamHandler.FarewellPieces
                : 0;
            return ReceivedBytes >= WholeRequestBytes(SentBytes) + farewell;
        }
    }

    protected override bool IsScriptOver => _bytesLeft == 0;

    public override long WholeRequestBytes(long count) => count - (count % StreamHandler.UnitBytes);

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
        long from = ReceivedBytes - bytes.Length;
        long echoed = WholeRequestBytes(SentBytes);
        int ofEcho = (int)Math.Clamp(echoed - from, 0, bytes.Length);
        InvariantException.Require(
            ofEcho == 0 || bytes[..ofEcho].SequenceEqual(Sent.Slice((int)from, ofEcho)),
            $"the echo differs from what was sent after byte {from}");
        InvariantException.Require(
            !bytes[ofEcho..].ContainsAnyExcept(StreamHandler.Farewell),
            $"something else than a farewell came after the echo, at byte {from}");
        InvariantException.Require(
            ofEcho == bytes.Length || Connection.ToServer.IsFinished,
            $"a farewell came before the end");
    }
}
