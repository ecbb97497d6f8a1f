namespace Penstock.Broadcast.Tests.Mechanisms;

/// <summary>Tests that read the process's meters or load the whole machine, and so run beside no others.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
