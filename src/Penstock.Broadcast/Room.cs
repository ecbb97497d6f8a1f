namespace Penstock.Broadcast;

/// <summary>
/// Everybody who hears each other, on all loops. With <see cref="SlowConsumerPolicy.Wait"/> it also holds all senders
/// back while any client has more waiting for it than its queue may hold, so that nothing is lost and nothing grows.
/// </summary>
internal sealed class Room
{
    private readonly LoopGroup _group;
    private readonly Lock _gate = new();
    private readonly List<RoomOnLoop> _parts = [];
    private int _congested;

    public Room(LoopGroup group, SlowConsumerPolicy policy)
    {
        _group = group;
        EverybodyWaits = policy == SlowConsumerPolicy.Wait;
        Topic = new Broadcaster(group).CreateTopic();
    }

    public Topic Topic { get; }

    /// <summary>Whether one slow client makes all senders wait.</summary>
    public bool EverybodyWaits { get; }

    /// <summary>Whether some client is congested now; any thread.</summary>
    public bool IsCongested => Volatile.Read(ref _congested) > 0;

    /// <summary>The part of the next loop; with a thread per connection, loops come as their clients do.</summary>
    public RoomOnLoop AddLoop()
    {
        var part = new RoomOnLoop(this);
        lock (_gate)
            _parts.Add(part);
        return part;
    }

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
        lock (_gate)
        {
            for (int loop = 0; loop < _parts.Count; loop++)
                _group.Post(loop, _parts[loop].HoldOrRelease);
        }
    }
}
