using Penstock.Connections;

namespace Penstock.Publishing;

/// <summary>A topic's subscribers on one loop. That loop's thread only, except <see cref="IsEmpty"/>.</summary>
internal sealed class TopicMembers(Topic topic, LoopInbox inbox)
{
    /// <summary>Null for one that left while a message was being sent.</summary>
    private readonly List<Connection?> _connections = [];

    private readonly Dictionary<ConnectionId, int> _places = [];
    private int _count;
    private int _sends;
    private bool _hasGaps;

    /// <summary>Any thread; may be a moment late, as a subscription is.</summary>
    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    /// <summary>The loop of these subscribers.</summary>
    public EventLoopContext Loop => inbox.Loop;

    /// <summary>Brings messages of other loops here; any thread.</summary>
    public LoopInbox Inbox => inbox;

    public bool Add(Connection connection)
    {
        if (!_places.TryAdd(connection.Id, _connections.Count))
            return false;
        _connections.Add(connection);
        connection.AddSubscription(topic);
        Volatile.Write(ref _count, _places.Count);
        return true;
    }

    public bool Remove(Connection connection)
    {
        if (!_places.Remove(connection.Id, out int place))
            return false;
        connection.RemoveSubscription(topic);
        Volatile.Write(ref _count, _places.Count);
        _connections[place] = null;
        if (_sends > 0)
            _hasGaps = true;
        else
            CloseGap(place);
        return true;
    }

    /// <summary>
    /// To those who are here now. A handler that is told of congestion meanwhile may unsubscribe whom it likes, and
    /// publish.
    /// </summary>
    public void Send(SharedPayload payload, Action<Connection>? queued)
    {
        _sends++;
        try
        {
            int count = _connections.Count;
            for (int i = 0; i < count; i++)
            {
                if (_connections[i] is not { } connection)
                    continue;
                connection.Send(payload);
                if (queued is not null)
                    GuardedHandler.Run(connection, queued);
            }
        }
        finally
        {
            if (--_sends == 0 && _hasGaps)
                CloseGaps();
        }
    }

    /// <summary>
    /// Swaps the last subscriber into the gap, so that leaving costs the same in a topic of any size.
    /// </summary>
    private void CloseGap(int place)
    {
        Connection? last = _connections[^1];
        _connections.RemoveAt(_connections.Count - 1);
        if (last is null)
            return;
        _connections[place] = last;
        _places[last.Id] = place;
    }

    /// <summary>From the end, so that the last one is never a gap itself unless it is the one that goes.</summary>
    private void CloseGaps()
    {
        _hasGaps = false;
        for (int place = _connections.Count - 1; place >= 0; place--)
        {
            if (_connections[place] is null)
                CloseGap(place);
        }
    }
}
