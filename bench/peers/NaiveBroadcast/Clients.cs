namespace Penstock.Peers.NaiveBroadcast;

/// <summary>Everybody, by loop.</summary>
internal sealed class Clients
{
    private readonly PerLoop<OnLoop> _byLoop = new(loop => new OnLoop(loop));

    public void Add(Connection client) => _byLoop[client.Loop].List.Add(client);

    public void Remove(Connection client) => _byLoop[client.Loop].List.Remove(client);

    public void SendToAll(byte[] message)
    {
        foreach (OnLoop clients in _byLoop.Values)
            clients.Loop.Post(() => clients.List.ForEach(client => client.Send(message)));
    }

    private sealed record OnLoop(EventLoopContext Loop)
    {
        public List<Connection> List { get; } = [];
    }
}
