namespace Penstock.Drivers;

/// <summary>Whether a mechanism works here.</summary>
/// <param name="Mechanism">What was examined.</param>
/// <param name="Refusal">Why it cannot be used, as a sentence; null when it works.</param>
public readonly record struct MechanismReport(IoMechanism Mechanism, string? Refusal);
