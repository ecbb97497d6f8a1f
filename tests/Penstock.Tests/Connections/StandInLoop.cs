using Penstock.Connections;
using Penstock.Drivers;
using Penstock.Timing;

namespace Penstock.Tests.Connections;

/// <summary>
/// What a <see cref="ConnectionSlab"/> needs of a loop: something to give its connections. Nothing runs.
/// </summary>
internal sealed class StandInLoop(int slots) : ConnectionLoop(0, LoopClock.System, slots)
{
    public override IoDriver Driver => throw new InvalidOperationException("Nothing here reaches the kernel.");

    public override EventLoopContext Context => throw new InvalidOperationException("Nobody is told of this loop.");

    public override bool IsOnLoop => true;

    public override void MarkDirty(Connection connection) => throw new InvalidOperationException("Nothing is sent.");

    public override void Release(Connection connection) => throw new InvalidOperationException("Nothing is closed.");

    public override bool Post(Action<object?, long> callback, object? state, long argument = 0) => false;
}
