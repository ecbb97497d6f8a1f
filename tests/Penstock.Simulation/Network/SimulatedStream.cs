namespace Penstock.Simulation.Network;

/// <summary>
/// One direction of a connection: the sender's buffer, the way and the receiver's buffer, which together hold so many
/// bytes. Bytes arrive in order, in pieces, late.
/// </summary>
internal sealed class SimulatedStream(SimulatedNetwork network, int capacity) : INetworkTarget
{
    private const int Arrive = 0;
    private const int End = 1;

    private readonly ByteFifo _bytes = new();
    private long _lastArrival;

    /// <summary>Called when the receiver has something new to look at.</summary>
    public Action? Arrived { get; set; }

    /// <summary>Called when the sender has room again.</summary>
    public Action? Drained { get; set; }

    public int Capacity => capacity;

    /// <summary>Bytes that the receiver may take now.</summary>
    public int Available { get; private set; }

    /// <summary>Bytes that the sender may add now.</summary>
    public int Room => IsFinished || IsCut ? 0 : capacity - _bytes.Count;

    /// <summary>All bytes that ever arrived.</summary>
    public long TotalArrived { get; private set; }

    /// <summary>The sender sent FIN.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>The receiver has taken everything, FIN included.</summary>
    public bool IsAtEnd => HasEnded && Available == 0;

    /// <summary>The end has arrived; bytes may be waiting before it.</summary>
    public bool HasEnded => _endArrived;

    /// <summary>A reset ended the stream; what was on its way is lost.</summary>
    public bool IsCut { get; private set; }

    private bool _endArrived;

    /// <summary>Sends as much as there is room for; returns how much.</summary>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        int count = Math.Min(bytes.Length, Room);
        if (count == 0)
            return 0;
        _bytes.Write(bytes[..count]);
        network.CarriedBytes += count;
        int whole = count;
        while (whole > 0)
        {
            bool isDelayed = whole > 1 && network.Faults.Strikes(Fault.DelayedArrival);
            int piece = isDelayed ? network.Chance.Between(1, whole) : whole;
            Travel(Arrive, piece);
            whole -= piece;
        }

        return count;
    }

    /// <summary>Sends FIN behind the bytes.</summary>
    public void Finish()
    {
        if (IsFinished || IsCut)
            return;
        IsFinished = true;
        Travel(End, 0);
    }

    /// <summary>Takes what has arrived into <paramref name="target"/>; returns how much.</summary>
    public int Read(Span<byte> target)
    {
        int count = Math.Min(target.Length, Available);
        if (count == 0)
            return 0;
        _bytes.Peek(count).CopyTo(target);
        _bytes.Drop(count);
        Available -= count;
        Drained?.Invoke();
        return count;
    }

    /// <summary>Ends the stream at once. What has arrived is lost too when <paramref name="wipe"/> says so.</summary>
    public void Cut(bool wipe)
    {
        IsCut = true;
        if (wipe)
            Available = 0;
    }

    public void Happen(int what, long argument)
    {
        if (IsCut)
            return;
        if (what == End)
            _endArrived = true;
        else
            Available += (int)argument;
        TotalArrived += argument;
        Arrived?.Invoke();
    }

    private void Travel(int what, int count)
    {
        long delay = network.Chance.Between(0, 50) * VirtualTime.Microsecond;
        if (network.Faults.Strikes(Fault.DelayedArrival))
            delay = network.Chance.Spread(VirtualTime.Microsecond, 5 * VirtualTime.Second);

        // Never before what was sent earlier.
        _lastArrival = Math.Max(_lastArrival, network.Time.Now + delay);
        network.Schedule(_lastArrival, this, what, count);
    }
}
