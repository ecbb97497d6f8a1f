using Penstock.Buffers;
using Penstock.Diagnostics;
using Penstock.Drivers;
using Penstock.Timing;

namespace Penstock.Connections;

/// <summary>
/// What a loop lends to its connections. The state hangs here and never off the thread, so that a loop could go on with
/// fresh buffers on another thread.
/// </summary>
internal abstract class ConnectionLoop(int index, LoopClock clock, int slots)
{
    private byte[] _scratch = [];

    /// <summary>The loop's number in its group, from 0.</summary>
    public int Index => index;

    public LoopClock Clock => clock;

    /// <summary>The time at the start of this turn: what happens in one turn happens at one time.</summary>
    public long Now { get; protected set; } = clock.Now;

    public BlockPool Blocks { get; } = new();

    public LoopStatistics Statistics { get; } = new();

    /// <summary>Two deadlines a slot, one for what is received and one for what is sent.</summary>
    public DeadlineQueue Deadlines { get; } = new(clock, slots * 2);

    /// <summary>What users see of this loop.</summary>
    public abstract EventLoopContext Context { get; }

    public abstract IoDriver Driver { get; }

    /// <summary>Whether the caller may touch this loop's connections.</summary>
    public abstract bool IsOnLoop { get; }

    /// <summary>Has <see cref="Connection.EndTurn"/> called before the loop waits again.</summary>
    public abstract void MarkDirty(Connection connection);

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
