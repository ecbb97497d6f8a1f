using Penstock.Loop;

namespace Penstock.Publishing;

/// <summary>
/// Messages on their way to one loop. Everything that is published before the loop gets to it is delivered by one
/// posted item, also what is published on that loop itself: so all its subscribers see one order.
/// </summary>
internal sealed class LoopInbox(EventLoopContext loop)
{
    private readonly Lock _gate = new();
    private List<Message> _arriving = [];
    private List<Message> _delivering = [];

    public EventLoopContext Loop => loop;

    /// <summary>Any thread.</summary>
    public void Add(Topic topic, SharedPayload payload)
    {
        payload.Retain();
        bool first;
        lock (_gate)
        {
            _arriving.Add(new Message(topic, payload));
            first = _arriving.Count == 1;
        }

        if (first && !loop.Loop.Post(static (inbox, _) => ((LoopInbox)inbox!).Deliver(), this))
            Discard();
    }

    private void Deliver()
    {
        Take();
        foreach (Message message in _delivering)
            Deliver(message);
        _delivering.Clear();
    }

    /// <summary>
    /// A message that its publisher gave back too early cannot be sent. It costs itself, and neither its subscribers
    /// nor the messages behind it.
    /// </summary>
    private void Deliver(Message message)
    {
        try
        {
            message.Topic.DeliverOn(loop, message.Payload);
            message.Payload.Dispose();
        }
        catch (Exception exception)
        {
            GuardedCallback.Report(loop.Loop, "delivering a message of a topic", exception);
        }
    }

    /// <summary>The loop has ended, and its connections with it.</summary>
    private void Discard()
    {
        lock (_gate)
        {
            foreach (Message message in _arriving)
                message.Payload.Dispose();
            _arriving.Clear();
        }
    }

    private void Take()
    {
        lock (_gate)
            (_arriving, _delivering) = (_delivering, _arriving);
    }

    private readonly record struct Message(Topic Topic, SharedPayload Payload);
}
