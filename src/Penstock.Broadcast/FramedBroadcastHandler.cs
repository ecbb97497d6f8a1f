using Penstock.Framing;

namespace Penstock.Broadcast;

/// <summary>Sends on whole messages, in the framing in which they came.</summary>
internal sealed class FramedBroadcastHandler<TDecoder>(RoomOnLoop room, TDecoder decoder, FrameWriter write)
    : FrameHandler<TDecoder>(decoder)
    where TDecoder : struct, IFrameDecoder
{
    public override void OnOpened(Connection connection) => room.Enter(connection);

    protected override void OnFrame(Connection connection, ReadOnlySpan<byte> frame)
    {
        SharedPayload message = SharedPayload.Create(frame.Length + 16);
        write(message, frame);
        room.Say(message);
    }

    public override void OnCongested(Connection connection) => room.Congested(connection);

    public override void OnDrained(Connection connection) => room.Relieved(connection);

    public override void OnClosed(Connection connection, CloseReason reason) => room.Leave(connection);
}
