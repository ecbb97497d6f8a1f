namespace Penstock.Simulation;

/// <summary>What a run that held came to.</summary>
internal readonly record struct SimulationResult(
    long Connections, long Bytes, long Faults, long Turns, TimeSpan VirtualTime)
{
    public static SimulationResult operator +(SimulationResult left, SimulationResult right) => new(
        left.Connections + right.Connections,
        left.Bytes + right.Bytes,
        left.Faults + right.Faults,
        left.Turns + right.Turns,
        left.VirtualTime + right.VirtualTime);
}
