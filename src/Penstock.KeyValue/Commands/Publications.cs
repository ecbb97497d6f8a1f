using Penstock.KeyValue.Store;

namespace Penstock.KeyValue.Commands;

/// <summary>
/// Who subscribed to what, over all loops. A message reaches subscribers on the publisher's loop before the publisher's
/// reply, and the others with their loop's next turn, if they are subscribed then: nobody gets one after the
/// confirmation that they left. Messages of one publisher reach a subscriber in order.
/// </summary>
internal sealed class Publications(KeyValueDatabase database)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<byte[], Audience> _channels = new(ByteKeyComparer.Instance);
    private readonly Dictionary<byte[], Audience> _patterns = new(ByteKeyComparer.Instance);
    private readonly Broadcaster _broadcaster = new();

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
            Dictionary<byte[], Audience> table = TableOf(isPattern);
            if (!table.TryGetValue(name, out Audience? audience))
                table.Add(name, audience = new Audience(_broadcaster, DropIfSlow));
            audience.Add(session);
        }
    }

    public void Remove(byte[] name, bool isPattern, Session session)
    {
        lock (_gate)
        {
            Dictionary<byte[], Audience> table = TableOf(isPattern);
            if (!table.TryGetValue(name, out Audience? audience))
                return;
            audience.Remove(session);
            if (audience.Count == 0)
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
            return AudienceOf(channel)?.Count ?? 0;
    }

    /// <summary>Sends a message to everybody who wants it; returns how many do.</summary>
    public int Publish(KeyValueLoop from, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload)
    {
        Audience? subscribers;
        List<KeyValuePair<byte[], Audience>>? patterns;
        lock (_gate)
        {
            subscribers = AudienceOf(channel);
            patterns = PatternsFor(channel);
        }

        // Not under the lock: a message to many would hold up every other publisher.
        int receivers = subscribers?.Publish(from.Context, pattern: null, channel, payload) ?? 0;
        foreach ((byte[] pattern, Audience audience) in patterns ?? [])
            receivers += audience.Publish(from.Context, pattern, channel, payload);
        return receivers;
    }

    private Dictionary<byte[], Audience> TableOf(bool isPattern) => isPattern ? _patterns : _channels;

    private Audience? AudienceOf(ReadOnlySpan<byte> channel) =>
        _channels.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(channel, out Audience? audience)
            ? audience
            : null;

    private List<KeyValuePair<byte[], Audience>>? PatternsFor(ReadOnlySpan<byte> channel)
    {
        List<KeyValuePair<byte[], Audience>>? matching = null;
        foreach (KeyValuePair<byte[], Audience> pattern in _patterns)
        {
            if (GlobPattern.Matches(pattern.Key, channel))
                (matching ??= []).Add(pattern);
        }

        return matching;
    }

    /// <summary>What is published cannot wait for one who does not read: memory would be the queue.</summary>
    private void DropIfSlow(Connection subscriber)
    {
        // One that is being closed is counted already, although messages may still come for it.
        int waiting = subscriber.UnsentBytes;
        if (waiting <= database.Options.MaxSubscriberBytes || subscriber.State != ConnectionState.Open)
            return;
        database.Loops[subscriber.Loop].Counters.SlowSubscribers++;
        KeyValueEventSource.Log.SlowSubscriber(((Session)subscriber.UserState!).Address, waiting);
        subscriber.Abort();
    }
}
