using System.Text;

namespace Penstock.KeyValue.Tests.Server;

/// <summary>What is set, counted and ended while the server runs.</summary>
public sealed class AdministrationTests
{
    [Fact]
    public async Task A_password_may_be_any_bytes()
    {
        TestIo.SkipIfOneAtATime();
        const string Password = "\xFF\xFE\0\r\n \x80";
        await using KeyValueServer server = Servers.Start();
        using RespClient admin = await RespClient.ConnectAsync(server);
        Assert.Equal("+OK|", await admin.CallAsync("CONFIG", "SET", "requirepass", Password));
        using RespClient client = await RespClient.ConnectAsync(server);
        Assert.StartsWith("-NOAUTH", await client.CallAsync("GET", "k"), StringComparison.Ordinal);
        Assert.StartsWith("-WRONGPASS", await client.CallAsync("AUTH", "\uFFFD"), StringComparison.Ordinal);
        Assert.Equal("+OK|", await client.CallAsync("AUTH", Password));
        Assert.StartsWith(
            "%7|", await client.CallAsync("HELLO", "3", "AUTH", "default", Password), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_are_counted_by_command_and_by_code()
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(options => options.Password = "secret");
        using RespClient client = await RespClient.ConnectAsync(server);
        await client.CallAsync("GET", "k");
        await client.CallAsync("AUTH", "wrong");
        await client.CallAsync("AUTH", "secret");
        await client.CallAsync("SET", "k", "text");
        await client.CallAsync("INCR", "k");
        await client.CallAsync("INCR", "k");
        await client.CallAsync("GET", "a", "b");
        await client.CallAsync("NONE");
        await client.CallAsync("CONFIG", "SET", "maxmemory", "much");
        await client.SendAsync("MULTI\r\nINCR k\r\nGET k\r\nEXEC\r\n");
        for (int i = 0; i < 4; i++)
            await client.ReadAsync();
        using (RespClient other = await RespClient.ConnectAsync(server))
        {
            await other.SendAsync("*x\r\n");
            await other.ReadAsync();
        }

        string information = await client.CallAsync("INFO", "commandstats", "errorstats", "stats");
        const string Times = "usec=0,usec_per_call=0.00";
        string[] expected =
        [
            $"cmdstat_get:calls=1,{Times},rejected_calls=2,failed_calls=0",
            $"cmdstat_auth:calls=2,{Times},rejected_calls=0,failed_calls=1",
            $"cmdstat_set:calls=1,{Times},rejected_calls=0,failed_calls=0",
            $"cmdstat_incr:calls=3,{Times},rejected_calls=0,failed_calls=3",
            $"cmdstat_config|set:calls=1,{Times},rejected_calls=0,failed_calls=1",
            $"cmdstat_multi:calls=1,{Times},rejected_calls=0,failed_calls=0",
            $"cmdstat_exec:calls=1,{Times},rejected_calls=0,failed_calls=0",
            "errorstat_ERR:count=7",
            "errorstat_NOAUTH:count=1",
            "errorstat_WRONGPASS:count=1",
            "total_error_replies:9",
        ];
        Assert.All(expected, line => Assert.Contains($"{line}\r\n", information, StringComparison.Ordinal));

        await client.CallAsync("CONFIG", "RESETSTAT");
        information = await client.CallAsync("INFO", "commandstats", "errorstats", "stats");
        Assert.Contains("total_error_replies:0\r\n", information, StringComparison.Ordinal);
        Assert.DoesNotContain("cmdstat_incr", information, StringComparison.Ordinal);
        Assert.DoesNotContain("errorstat_", information, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tools_find_the_fields_of_a_master_without_replicas()
    {
        await using KeyValueServer server = Servers.Start();
        using RespClient client = await RespClient.ConnectAsync(server);
        string information = await client.CallAsync("INFO", "replication", "cluster");
        string[] expected = ["role:master", "connected_slaves:0", "master_repl_offset:0", "cluster_enabled:0"];
        Assert.All(expected, line => Assert.Contains($"{line}\r\n", information, StringComparison.Ordinal));
        Assert.DoesNotContain("# Keyspace", information, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_are_listed_by_their_numbers()
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(loops: 2);
        using RespClient first = await RespClient.ConnectAsync(server);
        using RespClient second = await RespClient.ConnectAsync(server);
        string one = (await first.CallAsync("CLIENT", "ID"))[1..^1];
        string two = (await second.CallAsync("CLIENT", "ID"))[1..^1];
        string listed = await first.CallAsync("CLIENT", "LIST", "ID", two, "999999", one);
        string[] lines = listed.Split('|', 2)[1].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.StartsWith($"id={two} ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"id={one} ", lines[1], StringComparison.Ordinal);
        Assert.Contains(" cmd=client|list ", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_client_sees_an_ordinary_end_and_is_gone_at_once()
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(loops: 2);
        using RespClient killer = await RespClient.ConnectAsync(server);
        using RespClient victim = await RespClient.ConnectAsync(server);
        await victim.CallAsync("SUBSCRIBE", "c");
        Assert.Equal(":1|", await killer.CallAsync("CLIENT", "KILL", "TYPE", "pubsub"));
        Assert.Contains("connected_clients:1\r\n", await killer.CallAsync("INFO", "clients"), StringComparison.Ordinal);

        // Not a reset, which would throw.
        Assert.Equal("", await victim.ReadToEndAsync());
        Assert.Equal(":0|", await killer.CallAsync("PUBLISH", "c", "m"));
    }

    [Fact]
    public async Task A_command_may_have_as_many_arguments_as_fit_a_message()
    {
        const int Count = 1_048_577;
        await using KeyValueServer server = Servers.Start();
        using RespClient client = await RespClient.ConnectAsync(server);
        var exists = new StringBuilder().Append(null, $"*{Count}\r\n$6\r\nEXISTS\r\n");
        for (int i = 1; i < Count; i++)
            exists.Append("$1\r\nk\r\n");
        Assert.Equal("+OK|", await client.CallAsync("SET", "k", "v"));
        await client.SendAsync(exists.ToString());
        Assert.Equal($":{Count - 1}|", await client.ReadAsync());
        await client.SendAsync("*2147483648\r\n");
        Assert.Equal("-ERR Protocol error: invalid multibulk length|", await client.ReadAsync());
    }
}
