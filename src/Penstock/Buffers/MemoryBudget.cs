using System.Diagnostics;

namespace Penstock.Buffers;

/// <summary>
/// What the connections of a group's loops may hold together: staged replies, and received bytes that wait for the rest
/// of their message. Any thread; a loop asks for it in pieces of <see cref="Piece"/>, and not once per request.
/// </summary>
internal sealed class MemoryBudget(long limit)
{
    /// <summary>What a loop takes and gives back at a time.</summary>
    public const int Piece = 64 * 1024;

    /// <summary>
    /// What a connection may always hold, however short memory is: enough for a reply to be on its way, so that every
    /// conversation goes on.
    /// </summary>
    public const int GuaranteedBytes = 32 * 1024;

    /// <summary>A budget that nothing exhausts.</summary>
    public static MemoryBudget Unlimited => new(long.MaxValue);

    /// <summary>The longest message there can be, and never more than half of everything.</summary>
    private const long LongestReply = 1L << 30;

    private readonly Lock _gate = new();
    private LoopMemory[] _loops = [];
    private long _used;

    public long Limit => limit;

    /// <summary>What a loop may keep though it does not need it now, so that most turns take nothing.</summary>
    public long SparePieces { get; } = Math.Clamp(limit / 256 / Piece, 1, 32);

    /// <summary>
    /// What one connection may have staged. A handler that writes a long reply in one call does not hear of marks.
    /// </summary>
    public long MostPerConnection { get; } = Math.Min(limit / 2, LongestReply);

    /// <summary>What the loops have taken, whole pieces.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>Bytes above the limit; below zero while there is room.</summary>
    public long Excess => Used - limit;

    /// <summary>
    /// The most that a connection may hold before it must wait for its peer. It comes down as memory becomes short, so
    /// those that hold most wait first and the others do not notice.
    /// </summary>
    public int Mark
    {
        get
        {
            long used = Used;
            if (used <= limit / 2)
                return int.MaxValue;
            if (used <= limit / 4 * 3)
                return 8 * GuaranteedBytes;
            return used <= limit / 8 * 7 ? 2 * GuaranteedBytes : GuaranteedBytes;
        }
    }

    /// <summary>Takes so much, also when it is more than there is.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Take(long bytes) => Interlocked.Add(ref _used, bytes) <= limit;

    public void GiveBack(long bytes)
    {
        long used = Interlocked.Add(ref _used, -bytes);
        Debug.Assert(used >= 0, "more was given back than was taken");
    }

    public void Register(LoopMemory loop)
    {
        lock (_gate)
            Volatile.Write(ref _loops, [.. _loops, loop]);
    }

    public void Unregister(LoopMemory loop)
    {
        lock (_gate)
            Volatile.Write(ref _loops, [.. _loops.Where(other => other != loop)]);
    }

    /// <summary>Has every loop close those that are stuck with what others wait for.</summary>
    public void RequestWay()
    {
        foreach (LoopMemory loop in Volatile.Read(ref _loops))
            loop.WayRequested?.Invoke();
    }

    /// <summary>The loop whose connections hold most; there is one while a loop asks.</summary>
    public LoopMemory Largest() => Volatile.Read(ref _loops).MaxBy(loop => loop.Used)!;
}
