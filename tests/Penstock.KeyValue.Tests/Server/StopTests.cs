namespace Penstock.KeyValue.Tests.Server;

/// <summary>A stop waits for clients that are slow, as long as everybody who asked for it has patience.</summary>
public sealed class StopTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Whoever_joins_a_stop_may_end_its_patience()
    {
        await using KeyValueServer server = StartPatient();
        using RespClient stuck = await AskForMuchAsync(server);
        Task patient = server.StopAsync(TestContext.Current.CancellationToken);
        Assert.False(patient.IsCompleted);

        Task hasty = server.StopAsync(new CancellationToken(canceled: true));
        await Task.WhenAll(patient, hasty).WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.Equal(0, Sum(server, loop => loop.OpenConnections));
    }

    [Fact]
    public async Task Disposing_a_server_ends_the_patience_of_a_stop_that_is_under_way()
    {
        KeyValueServer server = StartPatient();
        using RespClient stuck = await AskForMuchAsync(server);
        Task patient = server.StopAsync(TestContext.Current.CancellationToken);
        await server.DisposeAsync().AsTask().WaitAsync(Limit, TestContext.Current.CancellationToken);
        await patient.WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.Equal(0, Sum(server, loop => loop.OpenConnections));
    }

    private static KeyValueServer StartPatient() => Servers.Start(options =>
        options.Resp!.ShutdownTimeout = options.Resp.WriteStallTimeout = Timeout.InfiniteTimeSpan);

    /// <summary>A client that waits for more than the kernel takes, and does not read it.</summary>
    private static async Task<RespClient> AskForMuchAsync(KeyValueServer server)
    {
        const int Size = 32 * 1024 * 1024;
        RespClient client = await RespClient.ConnectAsync(server);
        Assert.Equal($":{Size + 1}|", await client.CallAsync("SETRANGE", "long", $"{Size}", "x"));
        await client.SendAsync(RespClient.Encode("GET", "long"));
        await Until.TrueAsync(() => Sum(server, loop => loop.SentBytes) > Size / 1024);
        return client;
    }

    private static long Sum(KeyValueServer server, Func<LoopCounters, long> read) =>
        Enumerable.Range(0, server.Group.Count).Sum(loop => read(server.Group[loop].ReadCounters()));
}
