namespace Penstock.Simulation.Tests.Files;

/// <summary>A file or a directory: what programs see of it, and what is on the disk.</summary>
internal abstract class SimulatedNode(ulong number)
{
    public ulong Number { get; } = number;

    /// <summary>What a power failure leaves of it.</summary>
    public abstract SimulatedNode AfterPowerFailure(CrashChoices choices);
}
