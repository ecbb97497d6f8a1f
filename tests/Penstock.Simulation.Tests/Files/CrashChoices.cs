namespace Penstock.Simulation.Tests.Files;

/// <summary>What a power failure leaves of what was not synced: one choice after the other.</summary>
internal abstract class CrashChoices
{
    /// <summary>One of so many possibilities; 0 is what was there before.</summary>
    public abstract int Of(int count);

    /// <summary>Choices for the sectors of one page follow.</summary>
    public virtual void BeginPage()
    {
    }

    public bool Survives() => Of(2) == 1;
}
