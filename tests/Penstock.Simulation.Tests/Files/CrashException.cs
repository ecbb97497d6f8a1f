namespace Penstock.Simulation.Tests.Files;

/// <summary>The program ends within a call. It is no <see cref="IOException"/>: nobody may catch it.</summary>
internal sealed class CrashException() : Exception("The simulated program has ended.");
