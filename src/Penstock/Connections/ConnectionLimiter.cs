namespace Penstock.Connections;

/// <summary>
/// Counts a server's connections over all its loops, and tells when a full server has room again. Any thread; touched
/// when a connection comes and goes, never for a request.
/// </summary>
internal sealed class ConnectionLimiter(int maximum)
{
    private int _count;
    private int _awaited;
    private volatile bool _isPaused;
    private long _timesFull;

    /// <summary>Connections admitted now.</summary>
    public int Count => Volatile.Read(ref _count);

    public bool IsFull => Count >= maximum;

    /// <summary>The server's owner wants no newcomers for now, whatever room there is.</summary>
    public bool IsPaused
    {
        get => _isPaused;
        set => _isPaused = value;
    }

    /// <summary>Times that the limit was reached.</summary>
    public long TimesFull => Volatile.Read(ref _timesFull);

    /// <summary>Called, on the leaving connection's loop, when a server whose listeners wait has room.</summary>
    public Action? OnRoom { get; set; }

    /// <summary>Admits one connection, unless the server is full.</summary>
    public bool TryEnter()
    {
        int count = Volatile.Read(ref _count);
        while (count < maximum)
        {
            int seen = Interlocked.CompareExchange(ref _count, count + 1, count);
            if (seen == count)
                return true;
            count = seen;
        }

        return false;
    }

    public void Leave()
    {
        Interlocked.Decrement(ref _count);
        if (Interlocked.Exchange(ref _awaited, 0) == 1)
            OnRoom?.Invoke();
    }

    /// <summary>
    /// Has <see cref="OnRoom"/> called at the next departure. Returns false when there is room already: a departure may
    /// have come first, and found nobody waiting.
    /// </summary>
    public bool AwaitRoom()
    {
        if (Interlocked.Exchange(ref _awaited, 1) == 0)
            Interlocked.Increment(ref _timesFull);
        return IsFull;
    }
}
