using Penstock.Publishing;

namespace Penstock;

/// <summary>
/// Carries messages of any number of topics to the loops of a group: one posted item per loop and turn, however many
/// messages there are.
/// </summary>
public sealed class Broadcaster
{
    private readonly PerLoop<LoopInbox> _inboxes;

    /// <summary>A broadcaster for the connections of <paramref name="group"/>.</summary>
    public Broadcaster(LoopGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        _inboxes = new PerLoop<LoopInbox>(loop => new LoopInbox(group, loop));
    }

    /// <summary>A new topic without subscribers. Topics are objects; who needs names keeps a dictionary.</summary>
    public Topic CreateTopic() => new(this);

    internal void Deliver(int loop, Topic topic, SharedPayload payload) => _inboxes[loop].Add(topic, payload);
}
