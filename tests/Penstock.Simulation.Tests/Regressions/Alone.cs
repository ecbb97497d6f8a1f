namespace Penstock.Simulation.Tests.Regressions;

/// <summary>For tests that count what the whole process has open: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
