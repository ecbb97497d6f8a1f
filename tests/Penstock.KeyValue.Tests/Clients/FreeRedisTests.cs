using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using FreeRedis;

namespace Penstock.KeyValue.Tests.Clients;

/// <summary>What an application does with FreeRedis, in both versions of the protocol.</summary>
public sealed class FreeRedisTests
{
    public static TheoryData<RedisProtocol> Protocols { get; } = [RedisProtocol.RESP2, RedisProtocol.RESP3];

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Values_are_kept_and_end_when_they_are_told_to(RedisProtocol protocol)
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(loops: 2);
        using (RedisClient client = Connect(server, protocol))
        {
            Assert.Equal("PONG", client.Ping());
            byte[] bytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
            client.Set("bytes", bytes);
            Assert.Equal(bytes, client.Get<byte[]>("bytes"));
            Assert.Null(client.Get("missing"));
            Assert.True(client.SetNx("once", "1"));
            Assert.False(client.SetNx("once", "2"));
            Assert.Equal(44, client.IncrBy("n", 44));
            Assert.Equal(0.5m, client.IncrByFloat("f", 0.5m));
            client.MSet("x", "1", "y", "2");
            Assert.Equal(new string?[] { "1", "2", null }, client.MGet("x", "y", "z"));
            Assert.Equal(2, client.Del("x", "y", "z"));
            client.Set("k", "v", 60);
            Assert.InRange(client.Ttl("k"), 50, 60);
            Assert.True(client.Persist("k"));
            Assert.True(client.Expire("k", 60));
            Assert.Equal("v", await client.GetAsync("k"));

            byte[] large = new byte[20_000_000];
            Random.Shared.NextBytes(large);
            client.Set("large", large);
            Assert.Equal(large, client.Get<byte[]>("large"));
        }

        await ServerErrors.AreAsync(server, []);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Pipelines_transactions_and_scans_work(RedisProtocol protocol)
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(loops: 2);
        using (RedisClient client = Connect(server, protocol))
        {
            using (RedisClient.PipelineHook pipe = client.StartPipe())
            {
                for (int i = 0; i < 1_000; i++)
                    pipe.Set($"k:{i}", i);
                Assert.Equal(1_000, pipe.EndPipe().Length);
            }

            using (RedisClient.TransactionHook transaction = client.Multi())
            {
                transaction.IncrBy("n", 5);
                transaction.Get("n");
                object[] replies = transaction.Exec();
                Assert.Equal(5L, replies[0]);
                Assert.Equal("5", replies[1]);
            }

            HashSet<string> keys = [];
            foreach (string[] page in client.Scan("k:*", 100, null))
                keys.UnionWith(page);
            Assert.Equal(1_000, keys.Count);
            Assert.Equal(1_001, client.DbSize());
            RedisServerException refused = Assert.Throws<RedisServerException>(() => client.IncrBy("k:x", Fill()));
            Assert.Contains("not an integer", refused.Message, StringComparison.Ordinal);

            long Fill()
            {
                client.Set("k:x", "text");
                return 1;
            }
        }

        await ServerErrors.AreAsync(server, ["incrby:0:1"]);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Messages_reach_their_subscribers(RedisProtocol protocol)
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(loops: 2);
        using (RedisClient client = Connect(server, protocol))
        {
            var heard = new ConcurrentQueue<string>();
            using (client.Subscribe("news", (channel, message) => heard.Enqueue($"{channel} {message}")))
            using (client.PSubscribe("ne*", (pattern, message) => heard.Enqueue($"{pattern} {message}")))
            {
                await Until.TrueAsync(() => client.Publish("news", "hello") == 2);
                await Until.TrueAsync(() => heard.Count >= 2);
            }

            await Until.TrueAsync(() => client.Publish("news", "nobody") == 0);
        }

        await ServerErrors.AreAsync(server, []);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task The_password_is_given_and_a_lost_connection_made_again(RedisProtocol protocol)
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(options => options.Password = "geheim", loops: 2);
        using RedisClient client = Connect(server, protocol, ",password=geheim");
        client.Set("k", "v");
        using RespClient killer = await RespClient.ConnectAsync(server);
        Assert.Equal("+OK|", await killer.CallAsync("AUTH", "geheim"));
        Assert.NotEqual(":0|", await killer.CallAsync("CLIENT", "KILL", "TYPE", "normal"));
        await Until.TrueAsync(() =>
        {
            try
            {
                return client.Get("k") == "v";
            }
            catch (Exception exception) when (exception is IOException or RedisClientException)
            {
                return false;
            }
        });
    }

    private static RedisClient Connect(KeyValueServer server, RedisProtocol protocol, string options = "")
    {
        int port = ((IPEndPoint)server.RespEndPoint!).Port;
        return new RedisClient(string.Create(
            CultureInfo.InvariantCulture,
            $"127.0.0.1:{port},protocol={protocol},name=penstock-test,max poolsize=10{options}"));
    }
}
