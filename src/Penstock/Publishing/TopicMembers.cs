namespace Penstock.Publishing;

/// <summary>A topic's subscribers on one loop. That loop's thread only, except <see cref="IsEmpty"/>.</summary>
internal sealed class TopicMembers(Topic topic)
{
    private readonly List<Connection> _connections = [];
    private readonly Dictionary<ConnectionId, int> _places = [];
    private int _count;

    /// <summary>Any thread; may be a moment late, as a subscription is.</summary>
    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    public bool Add(Connection connection)
    {
        if (!_places.TryAdd(connection.Id, _connections.Count))
            return false;
        _connections.Add(connection);
        connection.AddSubscription(topic);
        Volatile.Write(ref _count, _connections.Count);
        return true;
    }

    /// <summary>
    /// Swaps the last subscriber into the gap, so that leaving costs the same in a topic of any
    /// size.
    /// </summary>
    public bool Remove(Connection connection)
    {
        if (!_places.Remove(connection.Id, out int place))
            return false;
        connection.RemoveSubscription(topic);
        Connection last = _connections[^1];
        _connections.RemoveAt(_connections.Count - 1);
        if (!ReferenceEquals(last, connection))
        {
            _connections[place] = last;
            _places[last.Id] = place;
        }

        Volatile.Write(ref _count, _connections.Count);
        return true;
    }

    public void Send(SharedPayload payload, Action<Connection>? queued)
    {
        // Backwards, because a subscriber may leave in here: its handler is told when it is congested. The last one
        // takes its place then, and has the message already.
        for (int i = _connections.Count - 1; i >= 0; i--)
        {
            Connection connection = _connections[i];
            connection.Send(payload);
            queued?.Invoke(connection);
        }
    }
}
