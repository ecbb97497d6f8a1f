namespace Penstock.KeyValue.Tests.Server;

public sealed class AllocationTests
{
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
        long before = await AllocatedAsync(server);
        await RunAsync(client, batch, Batch, rounds: 200);
        long after = await AllocatedAsync(server);

        // Asking costs something itself, and not 12,800 times.
        long perQuestion = await AllocatedAsync(server) - after;
        Assert.InRange(after - before, 0, perQuestion + 2_000);
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
        server.Database.Post(0, _ => result.SetResult(GC.GetAllocatedBytesForCurrentThread()));
        return result.Task;
    }
}
