using System.Diagnostics;
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
    private const int NoLoop = -1;

    private readonly Broadcaster _broadcaster;
    private readonly Action<Connection>? _queued;
    private readonly PerLoop<TopicMembers> _members;
    private int _subscribers;

    internal Topic(Broadcaster broadcaster, Action<Connection>? queued)
    {
        _broadcaster = broadcaster;
        _queued = queued;
        _members = new PerLoop<TopicMembers>(_ => new TopicMembers(this));
    }

    /// <summary>Connections that get the messages now, over all loops.</summary>
    public int SubscriberCount => Volatile.Read(ref _subscribers);

    /// <summary>
    /// Adds a connection; false when it is a subscriber already, or has ended. The connection's loop only.
    /// </summary>
    public bool Subscribe(Connection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (connection.State == ConnectionState.Closed || !_members[connection.Id.Loop].Add(connection))
            return false;
        Interlocked.Increment(ref _subscribers);
        return true;
    }

    /// <summary>Removes a connection; false when it was none of the subscribers. The connection's loop only.</summary>
    public bool Unsubscribe(Connection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (!_members[connection.Id.Loop].Remove(connection))
            return false;
        Interlocked.Decrement(ref _subscribers);
        return true;
    }

    /// <summary>
    /// Queues a message to everyone who is subscribed when it reaches their loop. Takes its own references; the caller
    /// keeps, and gives back, the one it has.
    /// </summary>
    /// <returns>How many subscribers there were at this moment.</returns>
    public int Publish(SharedPayload payload) => Distribute(payload, NoLoop);

    /// <summary>
    /// As <see cref="Publish"/>, but whoever is subscribed on the caller's own loop has the message queued when this
    /// returns: before the caller's reply, and before anybody there can leave. For protocols that promise that.
    /// </summary>
    /// <param name="payload">The message.</param>
    /// <param name="loop">The loop that the caller is on, as <see cref="ConnectionId.Loop"/> says.</param>
    /// <returns>How many subscribers there were at this moment.</returns>
    /// <remarks>It overtakes what <see cref="Publish"/> was given in the same turn; use one of the two.</remarks>
    public int PublishFrom(int loop, SharedPayload payload)
    {
        Debug.Assert(_broadcaster.IsOnLoop(loop), "only the loop itself may reach its subscribers at once");
        return Distribute(payload, loop);
    }

    /// <summary>Brings one message to the subscribers of one loop, on that loop.</summary>
    internal void DeliverOn(int loop, SharedPayload payload) => _members[loop].Send(payload, _queued);

    private int Distribute(SharedPayload payload, int own)
    {
        ArgumentNullException.ThrowIfNull(payload);
        int subscribers = SubscriberCount;
        if (subscribers == 0)
            return 0;
        ReadOnlySpan<TopicMembers> members = _members.Existing;
        for (int loop = 0; loop < members.Length; loop++)
        {
            if (loop == own)
                DeliverOn(loop, payload);
            else if (!members[loop].IsEmpty)
                _broadcaster.Deliver(loop, this, payload);
        }

        return subscribers;
    }
}
