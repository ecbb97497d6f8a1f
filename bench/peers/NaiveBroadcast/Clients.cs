namespace Penstock.Peers.NaiveBroadcast;

/// <summary>Everybody, by loop.</summary>
internal sealed class Clients(LoopGroup group)
{
    private readonly List<Connection>[] _byLoop =
        [.. Enumerable.Range(0, group.Count).Select(_ => new List<Connection>())];

    public void Add(Connection client) => _byLoop[client.Id.Loop].Add(client);

    public void Remove(Connection client) => _byLoop[client.Id.Loop].Remove(client);

    public void SendToAll(byte[] message)
    {
        for (int i = 0; i < _byLoop.Length; i++)
        {
            List<Connection> clients = _byLoop[i];
            group.Post(i, () => clients.ForEach(client => client.Send(message)));
        }
    }
}
