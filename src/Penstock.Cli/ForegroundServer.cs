namespace Penstock.Cli;

/// <summary>A server that runs until it is told to stop.</summary>
/// <param name="Banner">What is printed when it serves: a line per listener.</param>
/// <param name="Ended">Completes when it ended, or wants to; faulted when it broke.</param>
/// <param name="StopAsync">Ends it in peace, or at once when the token says so; joins a stop that is under way.</param>
internal sealed record ForegroundServer(
    IReadOnlyList<string> Banner, Task Ended, Func<CancellationToken, Task> StopAsync);
