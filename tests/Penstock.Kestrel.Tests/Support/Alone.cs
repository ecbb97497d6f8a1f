namespace Penstock.Kestrel.Tests;

/// <summary>Tests that read what belongs to the whole process, and so run after all others, one by one.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
