namespace Penstock.Broadcast;

/// <summary>
/// Everybody who hears each other, on all loops. With <see cref="SlowConsumerPolicy.Wait"/> it also holds all senders
/// back while any client has more waiting for it than its queue may hold, so that nothing is lost and nothing grows.
/// </summary>
internal sealed class Room
{
    private readonly PerLoop<RoomOnLoop> _parts;
    private int _congested;

    public Room(SlowConsumerPolicy policy)
    {
        EverybodyWaits = policy == SlowConsumerPolicy.Wait;
        _parts = new PerLoop<RoomOnLoop>(loop => new RoomOnLoop(this, loop));
    }

    public Topic Topic { get; } = new Broadcaster().CreateTopic();

    /// <summary>Whether one slow client makes all senders wait.</summary>
    public bool EverybodyWaits { get; }

    /// <summary>Whether some client is congested now; any thread.</summary>
    public bool IsCongested => Volatile.Read(ref _congested) > 0;

    /// <summary>The part of one loop; with a thread per connection, loops come as their clients do.</summary>
    public RoomOnLoop On(EventLoopContext loop) => _parts[loop];

    /// <summary>One more client is congested.</summary>
    public void Congested()
    {
        if (Interlocked.Increment(ref _congested) == 1)
            UpdateAll();
    }

    /// <summary>One congested client has caught up or left.</summary>
    public void Relieved()
    {
        if (Interlocked.Decrement(ref _congested) == 0)
            UpdateAll();
    }

    /// <summary>
    /// Has every loop look for itself, rather than tell it: by the time it looks, the answer may have changed again,
    /// and whoever changed it has posted behind this.
    /// </summary>
    private void UpdateAll()
    {
        foreach (RoomOnLoop part in _parts.Values)
            part.Loop.Post(part.HoldOrRelease);
    }
}
