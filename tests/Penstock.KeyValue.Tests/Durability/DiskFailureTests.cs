namespace Penstock.KeyValue.Tests.Durability;

/// <summary>What a disk can do at a bad moment, beyond refusing a write.</summary>
public sealed class DiskFailureTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_server_stops_although_a_snapshot_waits_for_a_log_that_cannot_be_written()
    {
        using var directory = new TemporaryDirectory();
        var disk = new FailingDisk();
        KeyValueServer server = Start(directory, disk, SyncPolicy.Always);
        disk.IsFull = true;
        using (RespClient client = await RespClient.ConnectAsync(server))
        {
            await client.SendAsync(RespClient.Encode("SET", "a", "1"));
            Assert.True(await client.EndsAsync());
        }

        using (RespClient client = await RespClient.ConnectAsync(server))
            await client.CallAsync("BGSAVE");
        await Until.TrueAsync(() => server.Database.IsCompacting);
        await server.DisposeAsync().AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.False(server.Database.IsCompacting);
    }

    private static KeyValueServer Start(TemporaryDirectory directory, FailingDisk disk, SyncPolicy sync) => Servers.Start(options =>
    {
        options.DataDirectory = directory.Path;
        options.Sync = sync;
        options.OpenLogFile = disk.Open;
    });
}
