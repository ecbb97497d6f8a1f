using System.Net;
using System.Net.Sockets;

namespace Penstock.Simulation.Tests.Regressions;

/// <summary>How servers start, break and stop, on real loops and threads.</summary>
[Collection(nameof(Alone))]
public sealed class ServerRegressions
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_broken_loop_of_two_takes_its_servers_down()
    {
        var group = new LoopGroup(new LoopOptions { Count = 2, MaxConnectionsPerLoop = 8 });
        TcpServer server = StartOn(group);

        group.Loops[0].Post((_, _) => throw new InvalidOperationException("planted"), null);

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => server.Completion.WaitAsync(Patience, Cancelled));
        Assert.Equal("planted", failure.Message);
        await group.DisposeAsync();
    }

    [Fact]
    public async Task A_server_whose_loops_end_completes()
    {
        var group = new LoopGroup(new LoopOptions { Count = 1, MaxConnectionsPerLoop = 8 });
        TcpServer server = StartOn(group);

        await group.DisposeAsync();

        await server.Completion.WaitAsync(Patience, Cancelled);
        Assert.True(server.Completion.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_stop_that_meets_the_end_of_the_loops_completes()
    {
        for (int i = 0; i < 50; i++)
        {
            var group = new LoopGroup(new LoopOptions { Count = 2, MaxConnectionsPerLoop = 8 });
            TcpServer server = StartOn(group);

            Task end = group.DisposeAsync().AsTask();
            Task stop = server.StopAsync(Cancelled);

            await Task.WhenAll(end, stop).WaitAsync(Patience, Cancelled);
            Assert.True(stop.IsCompletedSuccessfully);
        }
    }

    [Fact]
    public async Task A_server_cannot_be_started_on_loops_that_have_ended()
    {
        var group = new LoopGroup(new LoopOptions { Count = 1, MaxConnectionsPerLoop = 8 });
        await group.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(() => StartOn(group));
    }

    [Fact]
    public async Task A_server_that_fails_to_start_on_one_loop_leaves_nothing_behind_on_the_others()
    {
        await using var group = new LoopGroup(new LoopOptions { Count = 2, MaxConnectionsPerLoop = 8 });
        var onFirstLoop = new ServerOptions { Distribution = AcceptDistribution.RoundRobin };
        List<TcpServer> servers = [];
        for (int i = 0; i < 63; i++)
            servers.Add(TcpServer.Start(onFirstLoop, _ => new RecordingHandler(), group));
        TcpServer onBoth = StartOn(group);
        int before = OpenDescriptors();

        for (int i = 0; i < 20; i++)
            Assert.Throws<InvalidOperationException>(() => StartOn(group));

        Assert.InRange(OpenDescriptors(), 0, before + 5);
        servers.Add(onBoth);
        await Task.WhenAll(servers.Select(server => server.StopAsync(Cancelled)));
    }

    [Fact]
    public async Task A_thousand_starts_and_stops_leak_no_descriptor()
    {
        await StartAndStopAsync(50);
        int before = OpenDescriptors();

        await StartAndStopAsync(1_000);

        // Other tests open descriptors at the same time, but a leak would be one a cycle at least.
        Assert.InRange(OpenDescriptors(), 0, before + 500);
    }

    private static async Task StartAndStopAsync(int times)
    {
        for (int i = 0; i < times; i++)
        {
            var options = new ServerOptions { MaxConnections = 8 };
            options.Loops.Count = 1;
            await using TcpServer server = TcpServer.Start(options, _ => new RecordingHandler());
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync((IPEndPoint)server.EndPoint, Cancelled);
        }
    }

    private static TcpServer StartOn(LoopGroup group) =>
        TcpServer.Start(new ServerOptions(), _ => new RecordingHandler(), group);

    private static int OpenDescriptors() => Directory.GetFiles("/proc/self/fd").Length;
}
