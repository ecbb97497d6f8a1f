using System.Net;
using Penstock.Tests.Server;

namespace Penstock.Tests.Cli;

/// <summary>
/// Many loops in a small heap, as on a machine of many processors with a container's limit: the tables of a loop are as
/// large as what it has, and not as what it may have.
/// </summary>
public sealed class SmallHeapTests
{
    private const int Loops = 64;

    /// <summary>192 MiB, in the hexadecimal that the runtime reads.</summary>
    private const string HeapLimit = "DOTNET_GCHeapHardLimit=C000000";

    [Theory]
    [InlineData("epoll")]
    [InlineData("io_uring")]
    [InlineData("poll")]
    [InlineData("sockets")]
    public async Task Sixty_four_loops_start_and_serve_within_192_MiB(string io)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The limit is set with a Unix program.");
        TestIo.SkipIfRefused(TestIo.Named(io));
        await using CliProcess server = CliProcess.StartThrough(
            ["env", HeapLimit], "serve", "echo", "--port", "0", "--loops", $"{Loops}", "--io", io);
        IPEndPoint endPoint = await server.WaitEndPointAsync();
        Assert.Contains($"{Loops} loops", server.Output[0], StringComparison.Ordinal);
        List<TestClient> clients = [];
        for (int i = 0; i < 4 * Loops; i++)
        {
            clients.Add(await TestClient.ConnectAsync(endPoint));
            await clients[^1].ExchangeAsync();
        }

        clients.ForEach(client => client.Dispose());
        server.Signal(CliProcess.SigTerm);
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.Empty(server.Errors);
    }
}
