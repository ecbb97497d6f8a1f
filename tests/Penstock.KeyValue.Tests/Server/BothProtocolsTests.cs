using Penstock.KeyValue.Client;

namespace Penstock.KeyValue.Tests.Server;

/// <summary>
/// Clients of both protocols at once: whatever order their connections came in, what one loop keeps is used by that
/// loop alone.
/// </summary>
public sealed class BothProtocolsTests
{
    private const int Clients = 2;
    private const int Rounds = 20;
    private const int WritesPerRound = 64;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null)]
    [InlineData(IoMechanism.ThreadPerConnection)]
    public async Task Every_acknowledged_write_of_both_protocols_is_in_a_log_that_loads(IoMechanism? io)
    {
        SkipUnlessBothAreServed(io);
        using var directory = new TemporaryDirectory();
        await using (KeyValueServer server = Start(directory, SyncPolicy.EverySecond, io))
        {
            IEnumerable<Task> writers = Enumerable.Range(0, Clients).SelectMany<int, Task>(
                client => [WriteRespAsync(server, client), WriteProtobufAsync(server, client)]);
            await Task.WhenAll(writers);
        }

        await using KeyValueServer again = Start(directory, SyncPolicy.EverySecond, io);
        using RespClient reader = await RespClient.ConnectAsync(again);
        Assert.Equal($":{2 * Clients * Rounds * WritesPerRound}|", await reader.CallAsync("DBSIZE"));
        foreach (string key in Keys())
            Assert.Equal($"${key.Length}|{key}|", await reader.CallAsync("GET", key));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(IoMechanism.ThreadPerConnection)]
    public async Task A_put_that_waits_for_the_disk_is_answered_beside_a_client_of_the_other_protocol(IoMechanism? io)
    {
        SkipUnlessBothAreServed(io);
        using var directory = new TemporaryDirectory();
        await using KeyValueServer server = Start(directory, SyncPolicy.Always, io);
        using RespClient resp = await RespClient.ConnectAsync(server);
        Assert.Equal("+OK|", await resp.CallAsync("SET", "a", "1"));

        await using var protobuf = new KeyValueClient(server.EndPoint!);
        await protobuf.PutAsync("b", "2", Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.Equal("$1|2|", await resp.CallAsync("GET", "b"));
    }

    private static void SkipUnlessBothAreServed(IoMechanism? io)
    {
        if (io is { } mechanism)
            TestIo.SkipIfRefused(mechanism);
        else
            TestIo.SkipIfOneAtATime();
    }

    private static KeyValueServer Start(TemporaryDirectory directory, SyncPolicy sync, IoMechanism? io) =>
        Servers.Start(
            options =>
            {
                options.DataDirectory = directory.Path;
                options.Sync = sync;
            },
            loops: 2,
            io);

    private static async Task WriteRespAsync(KeyValueServer server, int client)
    {
        using RespClient writer = await RespClient.ConnectAsync(server);
        for (int round = 0; round < Rounds; round++)
        {
            byte[][] commands =
                [.. Keys("resp", client, round).Select(key => RespClient.Encode("SET", key, key))];
            await writer.SendAsync(commands.SelectMany(command => command).ToArray());
            for (int i = 0; i < WritesPerRound; i++)
                Assert.Equal("+OK|", await writer.ReadAsync());
        }
    }

    private static async Task WriteProtobufAsync(KeyValueServer server, int client)
    {
        await using var writer = new KeyValueClient(server.EndPoint!);
        for (int round = 0; round < Rounds; round++)
            await Task.WhenAll(Keys("protobuf", client, round).Select(key => writer.PutAsync(key, key, Cancellation)));
    }

    private static IEnumerable<string> Keys() =>
        from protocol in new[] { "resp", "protobuf" }
        from client in Enumerable.Range(0, Clients)
        from round in Enumerable.Range(0, Rounds)
        from key in Keys(protocol, client, round)
        select key;

    private static IEnumerable<string> Keys(string protocol, int client, int round) =>
        Enumerable.Range(0, WritesPerRound).Select(i => $"{protocol}:{client}:{round}:{i}");
}
