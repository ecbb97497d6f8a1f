using Penstock.KeyValue.Protocol;
using Penstock.KeyValue.Store;

namespace Penstock.KeyValue.Commands;

/// <summary>
/// Who subscribed to what, over all loops. A message goes to subscribers of the publisher's loop at once and to the
/// others as one post per loop; messages of one publisher reach a subscriber in order.
/// </summary>
internal sealed class Publications(KeyValueDatabase database)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<byte[], List<Session>> _channels = new(ByteKeyComparer.Instance);
    private readonly Dictionary<byte[], List<Session>> _patterns = new(ByteKeyComparer.Instance);

    public int PatternCount
    {
        get
        {
            lock (_gate)
                return _patterns.Count;
        }
    }

    public void Add(byte[] name, bool isPattern, Session session)
    {
        lock (_gate)
        {
            Dictionary<byte[], List<Session>> table = isPattern ? _patterns : _channels;
            if (!table.TryGetValue(name, out List<Session>? sessions))
                table.Add(name, sessions = []);
            sessions.Add(session);
        }
    }

    public void Remove(byte[] name, bool isPattern, Session session)
    {
        lock (_gate)
        {
            Dictionary<byte[], List<Session>> table = isPattern ? _patterns : _channels;
            if (!table.TryGetValue(name, out List<Session>? sessions))
                return;
            sessions.Remove(session);
            if (sessions.Count == 0)
                table.Remove(name);
        }
    }

    /// <summary>The channels with subscribers that match a pattern.</summary>
    public List<byte[]> ChannelsLike(ReadOnlySpan<byte> pattern)
    {
        List<byte[]> found = [];
        lock (_gate)
        {
            foreach (byte[] channel in _channels.Keys)
            {
                if (GlobPattern.Matches(pattern, channel))
                    found.Add(channel);
            }
        }

        return found;
    }

    public int SubscribersOf(ReadOnlySpan<byte> channel)
    {
        lock (_gate)
            return _channels.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(channel, out List<Session>? sessions) ? sessions.Count : 0;
    }

    /// <summary>Sends a message to everybody who wants it; returns how many do.</summary>
    public int Publish(KeyValueLoop from, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload)
    {
        List<Delivery> deliveries = Collect(channel);
        if (deliveries.Count == 0)
            return 0;
        var message = new Message(channel.ToArray(), payload.ToArray());
        foreach (IGrouping<int, Delivery> group in deliveries.GroupBy(delivery => delivery.Session.ConnectionId.Loop))
        {
            if (group.Key == from.Index)
                Deliver(from, group, message);
            else
                database.Post(group.Key, loop => Deliver(loop, group, message));
        }

        return deliveries.Count;
    }

    private static void Deliver(KeyValueLoop loop, IEnumerable<Delivery> deliveries, Message message)
    {
        foreach (Delivery delivery in deliveries)
        {
            Session session = delivery.Session;
            if (session.IsClosed)
                continue;
            Write(new RespWriter(session.Connection, session.IsResp3), delivery.Pattern, message);
            DropIfSlow(loop, session);
        }
    }

    private static void Write(RespWriter reply, byte[]? pattern, Message message)
    {
        reply.Push(pattern is null ? 3 : 4);
        reply.Bulk(pattern is null ? "message"u8 : "pmessage"u8);
        if (pattern is not null)
            reply.Bulk(pattern);
        reply.Bulk(message.Channel);
        reply.Bulk(message.Payload);
    }

    /// <summary>What is published cannot wait for one who does not read: memory would be the queue.</summary>
    private static void DropIfSlow(KeyValueLoop loop, Session session)
    {
        if (session.Connection.UnsentBytes <= loop.Database.Options.MaxSubscriberBytes)
            return;
        loop.Counters.SlowSubscribers++;
        KeyValueEventSource.Log.SlowSubscriber(session.Address, session.Connection.UnsentBytes);
        session.Connection.Abort();
    }

    private List<Delivery> Collect(ReadOnlySpan<byte> channel)
    {
        List<Delivery> deliveries = [];
        lock (_gate)
        {
            if (_channels.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(channel, out List<Session>? sessions))
            {
                foreach (Session session in sessions)
                    deliveries.Add(new Delivery(session, null));
            }

            foreach ((byte[] pattern, List<Session> subscribers) in _patterns)
            {
                if (!GlobPattern.Matches(pattern, channel))
                    continue;
                foreach (Session session in subscribers)
                    deliveries.Add(new Delivery(session, pattern));
            }
        }

        return deliveries;
    }

    private sealed record Message(byte[] Channel, byte[] Payload);

    private readonly record struct Delivery(Session Session, byte[]? Pattern);
}
