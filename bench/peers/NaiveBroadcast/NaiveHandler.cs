using System.Buffers.Binary;
using Penstock.Framing;

namespace Penstock.Peers.NaiveBroadcast;

internal sealed class NaiveHandler(Clients clients) : FrameHandler<LengthPrefixDecoder>(new LengthPrefixDecoder())
{
    public override void OnOpened(Connection connection) => clients.Add(connection);

    protected override void OnFrame(Connection connection, ReadOnlySpan<byte> frame)
    {
        byte[] message = new byte[sizeof(uint) + frame.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(message, (uint)frame.Length);
        frame.CopyTo(message.AsSpan(sizeof(uint)));
        clients.SendToAll(message);
    }

    public override void OnClosed(Connection connection, CloseReason reason) => clients.Remove(connection);
}
