namespace Penstock.Broadcast;

/// <summary>Sends on what each read brought, without looking for messages in it.</summary>
internal sealed class RawBroadcastHandler(RoomOnLoop room) : ConnectionHandler
{
    public override void OnOpened(Connection connection) => room.Enter(connection);

    public override int OnReceived(Connection connection, ReadOnlySpan<byte> data)
    {
        if (!BrowserRequest.Refuse(connection, data))
            room.Say(SharedPayload.Copy(data));
        return data.Length;
    }

    public override void OnCongested(Connection connection) => room.Congested(connection);

    public override void OnDrained(Connection connection) => room.Relieved(connection);

    public override void OnClosed(Connection connection, CloseReason reason) => room.Leave(connection);
}
