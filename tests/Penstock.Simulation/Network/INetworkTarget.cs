namespace Penstock.Simulation.Network;

/// <summary>Something that events of the network happen to.</summary>
internal interface INetworkTarget
{
    /// <summary>The event's time has come.</summary>
    /// <param name="what">What happens; the target's own numbering.</param>
    /// <param name="argument">How much of it.</param>
    public void Happen(int what, long argument);
}
