using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Penstock.Tests.Server;

namespace Penstock.Tests.Cli;

/// <summary>
/// A server that has no descriptor left for a newcomer: in a process of its own, where that can be had without harming
/// the tests.
/// </summary>
public sealed class DescriptorExhaustionTests
{
    private const int Limit = 400;

    [Fact]
    public async Task Running_out_of_descriptors_neither_spins_nor_floods_the_log_and_passes()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The limit is set with a Linux shell.");
        await using CliProcess server = CliProcess.StartWithDescriptorLimit(
            Limit, "serve", "echo", "--port", "0", "--loops", "1");
        IPEndPoint endPoint = await server.WaitEndPointAsync();
        List<Socket> clients = [];
        try
        {
            await ExhaustAsync(server, endPoint, clients);
            await AssertQuietAsync(server);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        await Patience.UntilAsync(() => IsServedAsync(endPoint));
        server.Signal(CliProcess.SigTerm);
        Assert.Equal(0, await server.WaitForExitAsync());
    }

    /// <summary>Connects until the server says that it cannot accept any more, and a few times beyond.</summary>
    private static async Task ExhaustAsync(CliProcess server, IPEndPoint endPoint, List<Socket> clients)
    {
        for (int i = 0; i < 2 * Limit; i++)
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            clients.Add(client);
            await client.ConnectAsync(endPoint, TestContext.Current.CancellationToken);
        }

        await Patience.UntilAsync(() => Warnings(server).Length > 0);
        Assert.Contains("EMFILE", Warnings(server)[0], StringComparison.Ordinal);
    }

    /// <summary>While it cannot accept it uses little of a processor, and says so at most once a second.</summary>
    private static async Task AssertQuietAsync(CliProcess server)
    {
        TimeSpan before = server.ProcessorTime;
        int warnings = Warnings(server).Length;
        long start = Stopwatch.GetTimestamp();

        // What is measured is a rate, so this waits for time to pass and not for something to happen. How much passes
        // is up to the machine.
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        TimeSpan used = server.ProcessorTime - before;
        int warned = Warnings(server).Length - warnings;
        TimeSpan passed = Stopwatch.GetElapsedTime(start);
        Assert.InRange(used, TimeSpan.Zero, passed / 4);
        Assert.InRange(warned, 0, (int)passed.TotalSeconds + 1);
    }

    private static string[] Warnings(CliProcess server) =>
        [.. server.Errors.Where(line => line.Contains("cannot accept", StringComparison.Ordinal))];

    private static async Task<bool> IsServedAsync(IPEndPoint endPoint)
    {
        try
        {
            using TestClient client = await TestClient.ConnectAsync(endPoint);
            await client.ExchangeAsync();
            return true;
        }
        catch (SocketException)
        {
            // Still turned away.
            return false;
        }
    }
}
