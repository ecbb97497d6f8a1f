using System.Net;
using System.Text;

namespace Penstock.KeyValue.Tests.Server;

public sealed class RespServerTests
{
    [Fact]
    public async Task A_reply_that_no_connection_may_hold_is_an_error_and_nothing_is_copied_for_it()
    {
        await using KeyValueServer server = Servers.Start(options =>
        {
            options.Loops.MaxMemoryForConnections = 8 * 1024 * 1024;
        });
        using RespClient client = await RespClient.ConnectAsync(server);
        Assert.Equal("+OK|", await client.CallAsync("SET", "big", new string('v', 1024 * 1024)));

        string[] keys = [.. Enumerable.Repeat("big", 1_000)];
        Assert.Equal(
            "-ERR the reply is longer than a connection may hold (--max-connection-memory)|",
            await client.CallAsync(["MGET", .. keys]));
        string three = await client.CallAsync("MGET", "big", "big", "big");
        Assert.StartsWith("*3|$1048576|", three, StringComparison.Ordinal);
        Assert.Equal("+PONG|", await client.CallAsync("PING"));
    }

    [Fact]
    public void A_limit_beyond_what_a_block_can_hold_is_refused()
    {
        ArgumentOutOfRangeException refused = Assert.Throws<ArgumentOutOfRangeException>(
            () => Servers.Start(options => options.MaxValueBytes = int.MaxValue));
        Assert.Equal(nameof(KeyValueOptions.MaxValueBytes), refused.ParamName);
    }

    [Fact]
    public async Task A_command_may_come_byte_by_byte()
    {
        await using KeyValueServer server = Servers.Start();
        using RespClient client = await RespClient.ConnectAsync(server);
        foreach (byte value in RespClient.Encode("SET", "k", "va\r\nlue"))
            await client.SendAsync(new[] { value });
        Assert.Equal("+OK|", await client.ReadAsync());
        Assert.Equal("$7|va\r\nlue|", await client.CallAsync("GET", "k"));
    }

    [Fact]
    public async Task Ten_thousand_commands_in_one_write_are_answered_in_order()
    {
        const int Count = 10_000;
        await using KeyValueServer server = Servers.Start();
        using RespClient client = await RespClient.ConnectAsync(server);
        byte[] incr = RespClient.Encode("INCR", "n");
        await client.SendAsync(Enumerable.Repeat(incr, Count).SelectMany(bytes => bytes).ToArray());
        for (int i = 1; i <= Count; i++)
            Assert.Equal($":{i}|", await client.ReadAsync());
    }

    [Fact]
    public async Task A_value_of_megabytes_comes_back_whole()
    {
        await using KeyValueServer server = Servers.Start();
        using RespClient client = await RespClient.ConnectAsync(server);
        string value = string.Concat(Enumerable.Range(0, 500_000).Select(i => (i % 1_000_000).ToString("D6", null)));
        Assert.Equal("+OK|", await client.CallAsync("SET", "big", value));
        Assert.Equal($"${value.Length}|{value}|", await client.CallAsync("GET", "big"));
    }

    [Fact]
    public async Task Commands_of_different_length_do_not_mistake_each_others_header()
    {
        await using KeyValueServer server = Servers.Start();
        using RespClient client = await RespClient.ConnectAsync(server);
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal("+OK|", await client.CallAsync("SET", "k", "v"));
            Assert.Equal("$1|v|", await client.CallAsync("GET", "k"));
            Assert.Equal("$1|v|", await client.CallAsync("get", "k"));
            Assert.Equal("*1|$1|v|", await client.CallAsync("MGET", "k"));
            Assert.Equal("+PONG|", await client.CallAsync("PING"));
            Assert.StartsWith("-ERR wrong number", await client.CallAsync("GET", "k", "x"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_error_in_the_protocol_is_told_and_ends_the_connection()
    {
        await using KeyValueServer server = Servers.Start();
        using RespClient client = await RespClient.ConnectAsync(server);
        await client.SendAsync("*1\r\nPING\r\n");
        Assert.Equal("-ERR Protocol error: expected '$', got 'P'|", await client.ReadAsync());
        Assert.True(await client.EndsAsync());
    }

    [Fact]
    public async Task Nothing_but_the_password_is_understood_before_it_was_given()
    {
        await using KeyValueServer server = Servers.Start(options => options.Password = "secret");
        using RespClient client = await RespClient.ConnectAsync(server);
        Assert.Equal("-NOAUTH Authentication required.|", await client.CallAsync("GET", "k"));
        Assert.Equal("-NOAUTH Authentication required.|", await client.CallAsync("SHUTDOWN"));
        Assert.StartsWith("-WRONGPASS", await client.CallAsync("AUTH", "secre"), StringComparison.Ordinal);
        Assert.StartsWith("-WRONGPASS", await client.CallAsync("AUTH", "other", "secret"), StringComparison.Ordinal);
        Assert.Equal("+OK|", await client.CallAsync("AUTH", "secret"));
        Assert.Equal("$-1|", await client.CallAsync("GET", "k"));
        Assert.Equal("+RESET|", await client.CallAsync("RESET"));
        Assert.StartsWith("-NOAUTH", await client.CallAsync("GET", "k"), StringComparison.Ordinal);
        Assert.StartsWith(
            "%7|", await client.CallAsync("HELLO", "3", "AUTH", "default", "secret"), StringComparison.Ordinal);
        Assert.Equal("_|", await client.CallAsync("GET", "k"));
    }

    [Fact]
    public async Task Other_hosts_are_refused_unless_there_is_a_password()
    {
        IPAddress? address = Dns.GetHostAddresses(Dns.GetHostName()).FirstOrDefault(ip => !IPAddress.IsLoopback(ip)
            && ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork);
        Assert.SkipWhen(address is null, "This machine has no address but loopback.");
        await using KeyValueServer server = Servers.Start(
            options => options.Resp!.EndPoint = new IPEndPoint(IPAddress.Any, 0));
        int port = ((IPEndPoint)server.RespEndPoint!).Port;
        using RespClient client = await RespClient.ConnectAsync(new IPEndPoint(address, port));
        Assert.StartsWith("-DENIED", await client.ReadAsync(), StringComparison.Ordinal);
        Assert.True(await client.EndsAsync());
    }

    [Fact]
    public async Task A_unix_socket_is_for_its_owner()
    {
        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.Path, "kv.sock");
        await using KeyValueServer server = Servers.Start(
            options => options.Resp!.EndPoint = new System.Net.Sockets.UnixDomainSocketEndPoint(path));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        using RespClient client = await RespClient.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
        Assert.Equal("+PONG|", await client.CallAsync("PING"));
    }

    [Fact]
    public async Task A_killed_client_is_gone_and_the_others_are_not()
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(loops: 2);
        using RespClient victim = await RespClient.ConnectAsync(server);
        using RespClient killer = await RespClient.ConnectAsync(server);
        string id = (await victim.CallAsync("CLIENT", "ID"))[1..^1];
        Assert.Equal(":1|", await killer.CallAsync("CLIENT", "KILL", "ID", id));
        Assert.True(await victim.EndsAsync());
        Assert.Equal("+PONG|", await killer.CallAsync("PING"));
    }

    [Fact]
    public async Task Shutdown_asks_the_owner_to_stop()
    {
        await using KeyValueServer server = Servers.Start();
        using RespClient client = await RespClient.ConnectAsync(server);
        await client.SendAsync(RespClient.Encode("SHUTDOWN", "NOSAVE"));
        await server.ShutdownRequested.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Messages_reach_subscribers_on_every_loop_in_order()
    {
        TestIo.SkipIfOneAtATime();
        const int Count = 500;
        await using KeyValueServer server = Servers.Start(loops: 2);
        RespClient[] subscribers = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => RespClient.ConnectAsync(server)));
        for (int i = 0; i < subscribers.Length; i++)
        {
            bool pattern = i % 2 == 0;
            await subscribers[i].CallAsync(pattern ? "PSUBSCRIBE" : "SUBSCRIBE", pattern ? "new*" : "news");
        }

        using RespClient publisher = await RespClient.ConnectAsync(server);
        for (int i = 0; i < Count; i++)
            Assert.Equal(":6|", await publisher.CallAsync("PUBLISH", "news", $"m{i:D4}"));
        for (int i = 0; i < Count; i++)
        {
            foreach (RespClient subscriber in subscribers)
                Assert.EndsWith($"$4|news|$5|m{i:D4}|", await subscriber.ReadAsync(), StringComparison.Ordinal);
        }

        foreach (RespClient subscriber in subscribers)
            subscriber.Dispose();
    }

    [Fact]
    public async Task A_subscriber_that_does_not_read_is_disconnected_and_counted()
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(options => options.MaxSubscriberBytes = 64 * 1024);
        using RespClient slow = await RespClient.ConnectAsync(server);
        await slow.CallAsync("SUBSCRIBE", "c");
        using RespClient publisher = await RespClient.ConnectAsync(server);
        string message = new('m', 32 * 1024);
        await Until.TrueAsync(async () => await publisher.CallAsync("PUBLISH", "c", message) == ":0|");
        string statistics = await publisher.CallAsync("INFO", "stats");
        Assert.Contains("slow_subscribers_disconnected:1\r\n", statistics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watched_key_that_another_loop_changes_breaks_the_transaction()
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(loops: 2);
        RespClient[] others = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RespClient.ConnectAsync(server)));
        using RespClient client = await RespClient.ConnectAsync(server);
        foreach (RespClient other in others)
        {
            await client.CallAsync("WATCH", "k");
            await other.CallAsync("SET", "k", "1");
            await client.CallAsync("MULTI");
            Assert.Equal("+QUEUED|", await client.CallAsync("SET", "k", "2"));
            Assert.Equal("*-1|", await client.CallAsync("EXEC"));
            Assert.Equal("$1|1|", await client.CallAsync("GET", "k"));
            other.Dispose();
        }
    }

    [Fact]
    public async Task Many_keys_change_together_for_clients_of_all_loops()
    {
        TestIo.SkipIfOneAtATime();
        const int Rounds = 300;
        await using KeyValueServer server = Servers.Start(loops: 4);
        string[] keys = [.. Enumerable.Range(0, 8).Select(i => $"key{i}")];
        Task[] writers = [.. Enumerable.Range(0, 4).Select(writer => WriteAsync(server, keys, writer, Rounds))];
        using RespClient reader = await RespClient.ConnectAsync(server);
        do
        {
            await reader.SendAsync(RespClient.Encode(["MGET", .. keys]));
            Assert.Single((await reader.ReadElementsAsync()).Distinct());
        }
        while (!Task.WhenAll(writers).IsCompleted);
        await Task.WhenAll(writers);

        static async Task WriteAsync(KeyValueServer server, string[] keys, int writer, int rounds)
        {
            using RespClient client = await RespClient.ConnectAsync(server);
            for (int round = 0; round < rounds; round++)
            {
                string value = $"{writer}-{round}";
                if (round % 2 == 0)
                {
                    await client.CallAsync(["MSET", .. keys.SelectMany(key => new[] { key, value })]);
                    continue;
                }

                var all = new StringBuilder("MULTI\r\n");
                foreach (string key in keys.Reverse())
                    all.Append(null, $"SET {key} {value}\r\n");
                await client.SendAsync(all.Append("EXEC\r\n").ToString());
                for (int i = 0; i < keys.Length + 2; i++)
                    await client.ReadAsync();
            }
        }
    }

    [Fact]
    public async Task A_scan_shows_what_stays_however_much_else_comes_and_goes()
    {
        await using KeyValueServer server = Servers.Start();
        using RespClient client = await RespClient.ConnectAsync(server);
        for (int i = 0; i < 2_000; i++)
            await client.CallAsync("SET", $"stays:{i}", "1");
        for (int i = 0; i < 2_000; i++)
            await client.CallAsync("SET", $"goes:{i}", "1");
        var seen = new HashSet<string>();
        string cursor = "0";
        int step = 0;
        do
        {
            await client.SendAsync(RespClient.Encode("SCAN", cursor, "COUNT", "50", "MATCH", "stays:*"));
            string reply = await client.ReadAsync();
            string[] parts = reply.Split('|');
            cursor = parts[2];
            seen.UnionWith(parts.Where(part => part.StartsWith("stays:", StringComparison.Ordinal)));
            for (int i = 0; i < 50; i++)
            {
                await client.CallAsync("DEL", $"goes:{step % 2_000}");
                await client.CallAsync("SET", $"comes:{step++}", "1");
            }
        }
        while (cursor != "0");
        Assert.Equal(2_000, seen.Count);
    }

    [Fact]
    public async Task Keys_whose_time_is_over_go_by_themselves()
    {
        await using KeyValueServer server = Servers.Start();
        using RespClient client = await RespClient.ConnectAsync(server);
        for (int i = 0; i < 1_000; i++)
            await client.CallAsync("SET", $"k{i}", "v", "PX", "20");
        await Until.TrueAsync(async () => await client.CallAsync("DBSIZE") == ":0|");
        Assert.Contains("expired_keys:1000\r\n", await client.CallAsync("INFO", "stats"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task At_the_memory_limit_writes_are_refused_and_reads_are_not()
    {
        await using KeyValueServer server = Servers.Start(options => options.MaxMemoryBytes = 1_000_000);
        using RespClient client = await RespClient.ConnectAsync(server);
        string value = new('v', 10_000);
        int stored = 0;
        string reply;
        while ((reply = await client.CallAsync("SET", $"k{stored}", value)) == "+OK|")
            stored++;
        Assert.Equal("-OOM command not allowed when used memory > 'maxmemory'.|", reply);
        Assert.InRange(stored, 50, 100);
        Assert.Equal($"$10000|{value}|", await client.CallAsync("GET", "k0"));
        Assert.Equal(":1|", await client.CallAsync("DEL", "k0"));
        Assert.Equal("+OK|", await client.CallAsync("SET", "k0", "v"));
    }

    [Fact]
    public async Task With_lru_the_keys_that_are_used_stay()
    {
        var time = new SteppedTime();
        await using KeyValueServer server = Servers.Start(options =>
        {
            options.MaxMemoryBytes = 1_000_000;
            options.MemoryPolicy = MemoryPolicy.AllKeysLru;
            options.Loops.TimeProvider = time;
        });
        using RespClient client = await RespClient.ConnectAsync(server);
        string value = new('v', 1_000);
        for (int i = 0; i < 100; i++)
            await client.CallAsync("SET", $"hot{i}", value);
        for (int i = 0; i < 3_000; i++)
        {
            time.Step(TimeSpan.FromSeconds(2));
            Assert.Equal("+OK|", await client.CallAsync("SET", $"cold{i}", value));
            await client.CallAsync("GET", $"hot{i % 100}");
        }

        int hot = 0;
        for (int i = 0; i < 100; i++)
            hot += await client.CallAsync("EXISTS", $"hot{i}") == ":1|" ? 1 : 0;

        // Sampling is not exact; without regard to use about a third of them would be left.
        Assert.InRange(hot, 80, 100);
    }
}
