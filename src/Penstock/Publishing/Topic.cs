using Penstock.Publishing;

namespace Penstock;

/// <summary>
/// Connections of any loops that get the same messages. A message is encoded once and queued to each of them without a
/// copy.
/// </summary>
/// <remarks>
/// <para><see cref="Publish"/> may be called from any thread; subscribing and unsubscribing belong to the connection's
/// loop, and a connection that ends leaves by itself.</para>
/// <para><b>Order.</b> Messages published from one thread reach every subscriber in the order in which they were
/// published. All subscribers on one loop see all messages, whoever published them, in one order. Subscribers on
/// different loops may see messages of different publishers in different orders; a single order everywhere would need
/// a lock that every publisher waits for.</para>
/// </remarks>
public sealed class Topic
{
    private readonly Action<Connection>? _queued;
    private readonly PerLoop<TopicMembers> _members;
    private int _subscribers;

    internal Topic(Broadcaster broadcaster, Action<Connection>? queued)
    {
        _queued = queued;
        _members = new PerLoop<TopicMembers>(loop => new TopicMembers(this, broadcaster.InboxOf(loop)));
    }

    /// <summary>Connections that get the messages now, over all loops.</summary>
    public int SubscriberCount => Volatile.Read(ref _subscribers);

    /// <summary>
    /// Adds a connection; false when it is a subscriber already, or has ended. The connection's loop only.
    /// </summary>
    public bool Subscribe(Connection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (connection.State == ConnectionState.Closed || !_members[connection.Loop].Add(connection))
            return false;
        Interlocked.Increment(ref _subscribers);
        return true;
    }

    /// <summary>Removes a connection; false when it was none of the subscribers. The connection's loop only.</summary>
    public bool Unsubscribe(Connection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (!_members[connection.Loop].Remove(connection))
            return false;
        Interlocked.Decrement(ref _subscribers);
        return true;
    }

    /// <summary>
    /// Queues a message to everyone who is subscribed when it reaches their loop. Takes its own references; the caller
    /// keeps, and gives back, the one it has.
    /// </summary>
    /// <returns>How many subscribers there were at this moment.</returns>
    public int Publish(SharedPayload payload) => Distribute(payload, own: null);

    /// <summary>
    /// As <see cref="Publish"/>, but whoever is subscribed on the caller's own loop has the message queued when this
    /// returns: before the caller's reply, and before anybody there can leave. For protocols that promise that.
    /// </summary>
    /// <param name="payload">The message.</param>
    /// <param name="loop">The loop that the caller is on.</param>
    /// <returns>How many subscribers there were at this moment.</returns>
    /// <remarks>It overtakes what <see cref="Publish"/> was given in the same turn; use one of the two.</remarks>
    /// <exception cref="InvalidOperationException">The caller is not on that loop.</exception>
    public int PublishFrom(EventLoopContext loop, SharedPayload payload)
    {
        ArgumentNullException.ThrowIfNull(loop);
        if (!loop.IsOnLoop)
        {
            throw new InvalidOperationException(
                $"{nameof(PublishFrom)} belongs on the loop that it names; use {nameof(Publish)} elsewhere.");
        }

        return Distribute(payload, loop);
    }

    /// <summary>Brings one message to the subscribers of one loop, on that loop.</summary>
    internal void DeliverOn(EventLoopContext loop, SharedPayload payload) => _members[loop].Send(payload, _queued);

    private int Distribute(SharedPayload payload, EventLoopContext? own)
    {
        ArgumentNullException.ThrowIfNull(payload);
        int subscribers = SubscriberCount;
        if (subscribers == 0)
            return 0;
        foreach (TopicMembers? members in _members.Items)
        {
            if (members is null or { IsEmpty: true })
                continue;
            if (members.Loop == own)
                members.Send(payload, _queued);
            else
                members.Inbox.Add(this, payload);
        }

        return subscribers;
    }
}
