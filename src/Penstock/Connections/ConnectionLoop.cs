using Penstock.Buffers;
using Penstock.Diagnostics;
using Penstock.Drivers;
using Penstock.Timing;

namespace Penstock.Connections;

/// <summary>
/// What a loop lends to its connections. The state hangs here and never off the thread, so that a loop could go on with
/// fresh buffers on another thread.
/// </summary>
internal abstract class ConnectionLoop
{
    private byte[] _scratch = [];

    protected ConnectionLoop(int index, LoopClock clock, int slots, MemoryBudget budget)
    {
        Index = index;
        Clock = clock;
        Now = clock.Now;
        Memory = new LoopMemory(budget);
        Blocks = new BlockPool(memory: Memory);

        // Two a slot: one for what is received and one for what is sent.
        Deadlines = new DeadlineQueue(clock, slots * 2);
    }

    /// <summary>The loop's number in its group, from 0.</summary>
    public int Index { get; }

    public LoopClock Clock { get; }

    /// <summary>The time at the start of this turn: what happens in one turn happens at one time.</summary>
    public long Now { get; protected set; }

    /// <summary>What the connections hold, as a part of what those of all loops may.</summary>
    public LoopMemory Memory { get; }

    public BlockPool Blocks { get; }

    public LoopStatistics Statistics { get; } = new();

    public DeadlineQueue Deadlines { get; }

    /// <summary>What users see of this loop.</summary>
    public abstract EventLoopContext Context { get; }

    public abstract IoDriver Driver { get; }

    /// <summary>Whether the caller may touch this loop's connections.</summary>
    public abstract bool IsOnLoop { get; }

    /// <summary>Has <see cref="Connection.EndTurn"/> called before the loop waits again.</summary>
    public abstract void MarkDirty(Connection connection);

    /// <summary>Resumes a connection that is paused for memory when there is some again.</summary>
    public abstract void AwaitMemory(Connection connection);

    /// <summary>The connection has had its last completion.</summary>
    public abstract void Release(Connection connection);

    /// <summary>Runs work on the loop; any thread.</summary>
    public abstract bool Post(Action<object?, long> callback, object? state, long argument = 0);

    /// <summary>Memory for what is written to a connection that will not send it.</summary>
    public Memory<byte> Scratch(int size)
    {
        if (_scratch.Length < size)
            _scratch = new byte[Math.Max(size, Blocks.BlockSize)];
        return _scratch;
    }
}
