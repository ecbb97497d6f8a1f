namespace Penstock.Broadcast;

/// <summary>The clients of a room that one loop serves. That loop's thread only.</summary>
internal sealed class RoomOnLoop(Room room, EventLoopContext loop)
{
    private readonly HashSet<Connection> _clients = [];
    private readonly HashSet<Connection> _congested = [];
    private bool _holding;

    public EventLoopContext Loop => loop;

    public void Enter(Connection client)
    {
        _clients.Add(client);
        room.Topic.Subscribe(client);

        // The loop may have come when the room was congested already.
        HoldOrRelease();
        if (_holding)
            client.Pause();
    }

    public void Leave(Connection client)
    {
        _clients.Remove(client);
        Relieved(client);
    }

    /// <summary>Sends a message to everybody; the caller's reference is given back.</summary>
    public void Say(SharedPayload message)
    {
        room.Topic.Publish(message);
        message.Dispose();
    }

    public void Congested(Connection client)
    {
        if (room.EverybodyWaits && _congested.Add(client))
            room.Congested();
    }

    public void Relieved(Connection client)
    {
        if (_congested.Remove(client))
            room.Relieved();
    }

    public void HoldOrRelease()
    {
        if (_holding == room.IsCongested)
            return;
        _holding = !_holding;
        foreach (Connection client in _clients)
        {
            if (_holding)
                client.Pause();
            else
                client.Resume();
        }
    }
}
