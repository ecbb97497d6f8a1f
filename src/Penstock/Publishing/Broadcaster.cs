using Penstock.Publishing;

namespace Penstock;

/// <summary>
/// Carries messages of any number of topics to the loops of a group: one posted item per loop and turn, however many
/// messages there are. It serves the group whose connection is the first to subscribe.
/// </summary>
public sealed class Broadcaster
{
    private readonly PerLoop<LoopInbox> _inboxes = new(loop => new LoopInbox(loop));

    /// <summary>A new topic without subscribers. Topics are objects; who needs names keeps a dictionary.</summary>
    /// <param name="queued">
    /// Called for each subscriber, on its loop, when a message was queued to it; for a limit of one's own on
    /// <see cref="Connection.UnsentBytes"/>. What it throws resets the subscriber that it was called for.
    /// </param>
    public Topic CreateTopic(Action<Connection>? queued = null) => new(this, queued);

    internal LoopInbox InboxOf(EventLoopContext loop) => _inboxes[loop];
}
