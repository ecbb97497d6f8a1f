using Penstock.Publishing;

namespace Penstock;

/// <summary>
/// Carries messages of any number of topics to the loops of a group: one posted item per loop and turn, however many
/// messages there are.
/// </summary>
public sealed class Broadcaster
{
    private readonly LoopGroup _group;
    private readonly PerLoop<LoopInbox> _inboxes;

    /// <summary>A broadcaster for the connections of <paramref name="group"/>.</summary>
    public Broadcaster(LoopGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        _group = group;
        _inboxes = new PerLoop<LoopInbox>(loop => new LoopInbox(group, loop));
    }

    /// <summary>A new topic without subscribers. Topics are objects; who needs names keeps a dictionary.</summary>
    /// <param name="queued">
    /// Called for each subscriber, on its loop, when a message was queued to it; for a limit of one's own on
    /// <see cref="Connection.UnsentBytes"/>. What it throws resets the subscriber that it was called for.
    /// </param>
    public Topic CreateTopic(Action<Connection>? queued = null) => new(this, queued);

    internal bool IsOnLoop(int loop) => _group.Loops[loop].IsOnLoop;

    internal void Deliver(int loop, Topic topic, SharedPayload payload) => _inboxes[loop].Add(topic, payload);
}
