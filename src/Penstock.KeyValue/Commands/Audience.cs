namespace Penstock.KeyValue.Commands;

/// <summary>
/// The subscribers of one channel or pattern. The two versions of the protocol write a message differently, so each has
/// a topic of its own and a message is encoded once for each that somebody here speaks.
/// </summary>
internal sealed class Audience(Broadcaster broadcaster, Action<Connection> queued)
{
    private Topic? _resp2;
    private Topic? _resp3;

    public int Count => (_resp2?.SubscriberCount ?? 0) + (_resp3?.SubscriberCount ?? 0);

    /// <summary>
    /// On the client's loop, and under the lock of <see cref="Publications"/>, as <see cref="Remove"/>.
    /// </summary>
    public void Add(Session session) => TopicOf(session).Subscribe(session.Connection);

    public void Remove(Session session) => TopicOf(session).Unsubscribe(session.Connection);

    /// <summary>On the loop of the publisher. Returns how many are sent the message.</summary>
    public int Publish(
        EventLoopContext loop, byte[]? pattern, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload) =>
        Publish(Volatile.Read(ref _resp2), loop, resp3: false, pattern, channel, payload)
        + Publish(Volatile.Read(ref _resp3), loop, resp3: true, pattern, channel, payload);

    private static int Publish(
        Topic? topic,
        EventLoopContext loop,
        bool resp3,
        byte[]? pattern,
        ReadOnlySpan<byte> channel,
        ReadOnlySpan<byte> payload)
    {
        if (topic is null or { SubscriberCount: 0 })
            return 0;
        using SharedPayload message = PublishedMessage.Encode(resp3, pattern, channel, payload);
        return topic.PublishFrom(loop, message);
    }

    private Topic TopicOf(Session session) => session.IsResp3 ? Get(ref _resp3) : Get(ref _resp2);

    private Topic Get(ref Topic? topic)
    {
        if (topic is null)
            Volatile.Write(ref topic, broadcaster.CreateTopic(queued));
        return topic;
    }
}
