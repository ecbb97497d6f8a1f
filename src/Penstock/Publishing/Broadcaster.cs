using Penstock.Publishing;

namespace Penstock;

/// <summary>
/// Carries messages of any number of topics to the loops of a group: one posted item per loop and turn, however many
/// messages there are.
/// </summary>
public sealed class Broadcaster
{
    private readonly LoopInbox[] _inboxes;

    /// <summary>A broadcaster for the connections of <paramref name="group"/>.</summary>
    public Broadcaster(LoopGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        _inboxes = new LoopInbox[group.Count];
        for (int i = 0; i < _inboxes.Length; i++)
            _inboxes[i] = new LoopInbox(group, i);
    }

    /// <summary>A new topic without subscribers. Topics are objects; who needs names keeps a dictionary.</summary>
    public Topic CreateTopic() => new(this, _inboxes.Length);

    internal void Deliver(int loop, Topic topic, SharedPayload payload) => _inboxes[loop].Add(topic, payload);
}
