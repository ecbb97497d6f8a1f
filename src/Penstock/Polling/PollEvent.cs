namespace Penstock.Polling;

/// <summary>One descriptor that is ready.</summary>
/// <param name="Key">The number its registration was made with.</param>
/// <param name="Readiness">What it is ready for; a hint.</param>
public readonly record struct PollEvent(ulong Key, Readiness Readiness);
