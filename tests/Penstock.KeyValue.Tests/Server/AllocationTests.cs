namespace Penstock.KeyValue.Tests.Server;

public sealed class AllocationTests
{
    /// <summary>In bytes, over 12,800 commands: asking costs something itself.</summary>
    private const long Negligible = 2_000;

    [Theory]
    [InlineData("GET", "k")]
    [InlineData("SET", "k")]
    [InlineData("INCR", "n")]
    public async Task A_command_allocates_nothing(string command, string key)
    {
        const int Batch = 64;
        await using KeyValueServer server = Servers.Start();
        using RespClient client = await RespClient.ConnectAsync(server);
        await client.CallAsync("SET", "k", new string('v', 100));
        byte[] one = command == "SET"
            ? RespClient.Encode("SET", key, new string('w', 100))
            : RespClient.Encode(command, key);
        byte[] batch = [.. Enumerable.Repeat(one, Batch).SelectMany(bytes => bytes)];

        await RunAsync(client, batch, Batch, rounds: 200);

        // The least of several runs: a collection that another thread causes is charged to whoever runs meanwhile.
        long least = long.MaxValue;
        for (int i = 0; i < 5 && least > Negligible; i++)
        {
            long before = await AllocatedAsync(server);
            await RunAsync(client, batch, Batch, rounds: 200);
            long after = await AllocatedAsync(server);
            long perQuestion = await AllocatedAsync(server) - after;
            least = Math.Min(least, after - before - perQuestion);
        }

        Assert.InRange(least, long.MinValue, Negligible);
    }

    private static async Task RunAsync(RespClient client, byte[] batch, int replies, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            await client.SendAsync(batch);
            for (int i = 0; i < replies; i++)
                await client.ReadAsync();
        }
    }

    private static Task<long> AllocatedAsync(KeyValueServer server)
    {
        var result = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Group[0].Post(() => result.SetResult(GC.GetAllocatedBytesForCurrentThread()));
        return result.Task;
    }
}
