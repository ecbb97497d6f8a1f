namespace Penstock.Simulation.Network;

/// <summary>
/// Everything outside of the loop: what is going to happen, in order of virtual time. Events of one time happen in the
/// order in which they were scheduled, so that a seed always means the same run.
/// </summary>
internal sealed class SimulatedNetwork(VirtualTime time, SeededGenerator chance, FaultPlan faults)
{
    private readonly PriorityQueue<Event, (long Time, long Order)> _events = new();
    private long _order;

    public VirtualTime Time => time;

    public SeededGenerator Chance => chance;

    public FaultPlan Faults => faults;

    /// <summary>Where clients read to; one at a time.</summary>
    public byte[] Scratch { get; } = new byte[64 * 1024];

    /// <summary>Connections accepted by the loop and not closed yet; a leak when it is over.</summary>
    public int OpenServerSockets { get; set; }

    /// <summary>Bytes that were carried, both ways.</summary>
    public long CarriedBytes { get; set; }

    public bool HasEvents => _events.Count > 0;

    /// <summary>When the next event is due; only when there is one.</summary>
    public long NextTime => _events.TryPeek(out _, out (long Time, long Order) due) ? due.Time : long.MaxValue;

    public void Schedule(long due, INetworkTarget target, int what, long argument = 0) =>
        _events.Enqueue(new Event(target, what, argument), (due, _order++));

    /// <summary>Has everything happen that is due by now.</summary>
    public void RunDue()
    {
        while (NextTime <= time.Now)
        {
            Event next = _events.Dequeue();
            next.Target.Happen(next.What, next.Argument);
        }
    }

    private readonly record struct Event(INetworkTarget Target, int What, long Argument);
}
