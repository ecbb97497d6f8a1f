namespace Penstock.Drivers.Tests.Contract;

/// <summary>
/// Tests that count the process's descriptors, or rely on which number the next one gets, and so run one at a time.
/// </summary>
[CollectionDefinition(nameof(SequentialTests), DisableParallelization = true)]
public sealed class SequentialTests;
