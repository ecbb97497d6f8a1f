namespace Penstock.Drivers;

/// <summary>What a loop group runs on.</summary>
/// <param name="Mechanism">Never <see cref="IoMechanism.Auto"/>.</param>
/// <param name="Refusals">Why better ones were passed over, best first; empty when none was.</param>
internal readonly record struct MechanismChoice(IoMechanism Mechanism, IReadOnlyList<MechanismReport> Refusals)
{
    /// <summary>
    /// For a banner, as in <c>; io_uring refused: this kernel has none.</c>; empty when nothing was refused.
    /// </summary>
    public string Remarks => string.Concat(
        Refusals.Select(report => $"; {MechanismNames.Of(report.Mechanism)} refused: {report.Refusal}"));
}
