using Penstock.Framing;

namespace Penstock.Broadcast;

/// <summary>Sends on whole messages, in the framing in which they came.</summary>
/// <param name="room">Where they go.</param>
/// <param name="decoder">What a message is.</param>
/// <param name="write">Makes it one again.</param>
/// <param name="isText">Whether a browser could speak the framing.</param>
internal sealed class FramedBroadcastHandler<TDecoder>(
    RoomOnLoop room, TDecoder decoder, FrameWriter write, bool isText)
    : FrameHandler<TDecoder>(decoder)
    where TDecoder : struct, IFrameDecoder
{
    public override void OnOpened(Connection connection) => room.Enter(connection);

    protected override void OnFrame(Connection connection, ReadOnlySpan<byte> frame)
    {
        if (isText && BrowserRequest.Refuse(connection, frame))
            return;
        SharedPayload message = SharedPayload.Create(frame.Length + 16);
        write(message, frame);
        room.Say(message);
    }

    public override void OnCongested(Connection connection) => room.Congested(connection);

    public override void OnDrained(Connection connection) => room.Relieved(connection);

    public override void OnClosed(Connection connection, CloseReason reason) => room.Leave(connection);
}
