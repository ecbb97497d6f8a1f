using System.Net;
using Penstock.Cli;

namespace Penstock.Tests.Cli;

/// <summary>What ends a command whose server is still being started.</summary>
public sealed class ServerRunnerTests
{
    private static readonly IPEndPoint Anywhere = new(IPAddress.Loopback, 0);

    [Fact]
    public async Task A_stop_does_not_wait_for_a_start()
    {
        using var started = new ManualResetEventSlim();
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        Task<int> running = ServerRunner.RunAsync(
            Anywhere,
            () =>
            {
                started.Wait(cancellation);
                throw new IOException("The start went on.");
            },
            Task.CompletedTask,
            CancellationToken.None);
        Assert.Equal(ExitCode.Success, await running.Bounded());
        started.Set();
    }

    [Fact]
    public async Task Options_that_do_not_fit_together_are_a_usage_error()
    {
        int exitCode = await ServerRunner.RunAsync(
            Anywhere,
            () => throw new ArgumentOutOfRangeException("name", 5, "The one must not be above the other."),
            new TaskCompletionSource().Task,
            CancellationToken.None);
        Assert.Equal(ExitCode.Usage, exitCode);
    }
}
