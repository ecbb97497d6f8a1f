using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace Penstock.KeyValue.Tests.Clients;

/// <summary>What an application does with StackExchange.Redis, in both versions of the protocol.</summary>
public sealed class StackExchangeTests
{
    /// <summary>
    /// What the library asks by itself to find out whether there is a cluster; Redis answers with errors too.
    /// </summary>
    private static readonly string[] Probes = ["cluster|slots:0:1", "cluster|nodes:0:1"];

    /// <summary>SENTINEL MASTERS, which is for another kind of server.</summary>
    private const int ProbesUnknown = 1;

    public static TheoryData<RedisProtocol> Protocols { get; } = [RedisProtocol.Resp2, RedisProtocol.Resp3];

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task It_finds_out_what_the_server_is(RedisProtocol protocol)
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(loops: 2);
        await using (var client = await Client.ConnectAsync(server, protocol))
        {
            IServer node = client.Node;
            Assert.Equal(new Version(7, 0, 15), node.Version);
            Assert.Equal(ServerType.Standalone, node.ServerType);
            Assert.False(node.IsReplica);
            Assert.Equal(1, node.DatabaseCount);
            Assert.Equal("hello", (string?)await node.EchoAsync("hello"));
            Assert.Contains("Server", (await node.InfoAsync()).Select(section => section.Key));
            Assert.Contains(await node.ClientListAsync(), entry => entry.Name == "penstock-test");
            Assert.InRange(await node.TimeAsync(), DateTime.UtcNow.AddMinutes(-1), DateTime.UtcNow.AddMinutes(1));
            await node.ConfigSetAsync("maxmemory", "100mb");
            Assert.Equal("104857600", (await node.ConfigGetAsync("maxmemory")).Single().Value);
            await node.ConfigResetStatisticsAsync();
        }

        await ServerErrors.AreAsync(server, []);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Values_are_kept(RedisProtocol protocol)
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(loops: 2);
        await using (var client = await Client.ConnectAsync(server, protocol))
        {
            IDatabase database = client.Database;
            byte[] bytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
            Assert.True(await database.StringSetAsync(bytes, bytes));
            Assert.Equal(bytes, (byte[]?)await database.StringGetAsync(bytes));
            Assert.True((await database.StringGetAsync("missing")).IsNull);
            Assert.True(await database.StringSetAsync("once", 1, when: When.NotExists));
            Assert.False(await database.StringSetAsync("once", 2, when: When.NotExists));
            Assert.Equal(1, (int)await database.StringSetAndGetAsync("once", 3));
            Assert.Equal(44, await database.StringIncrementAsync("n", 44));
            Assert.Equal(0.5, await database.StringIncrementAsync("f", 0.5));
            Assert.Equal(6, await database.StringAppendAsync("a", "append"));
            Assert.Equal("pen", (string?)await database.StringGetRangeAsync("a", 2, 4));
            Assert.Equal(["44", "append"], (await database.StringGetAsync(["n", "a"])).Select(value => (string?)value));
            Assert.True(await database.StringSetAsync([new("x", 1), new("y", 2)]));
            Assert.Equal(2, await database.KeyDeleteAsync(["x", "y", "z"]));
            Assert.True(await database.KeyRenameAsync("a", "b"));
            Assert.Equal(RedisType.String, await database.KeyTypeAsync("b"));
            Assert.Equal("append", (string?)await database.StringGetDeleteAsync("b"));

            byte[] large = new byte[20_000_000];
            Random.Shared.NextBytes(large);
            Assert.True(await database.StringSetAsync("large", large));
            Assert.Equal(large, (byte[]?)await database.StringGetAsync("large"));
        }

        await ServerErrors.AreAsync(server, Probes, ProbesUnknown);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Keys_end_when_they_are_told_to(RedisProtocol protocol)
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(loops: 2);
        await using (var client = await Client.ConnectAsync(server, protocol))
        {
            IDatabase database = client.Database;
            Assert.True(await database.StringSetAsync("k", "v", TimeSpan.FromMinutes(1)));
            Assert.InRange((await database.KeyTimeToLiveAsync("k"))!.Value.TotalSeconds, 50, 60);
            Assert.True(await database.KeyExpireAsync("k", TimeSpan.FromHours(1), ExpireWhen.GreaterThanCurrentExpiry));
            Assert.False(await database.KeyExpireAsync("k", TimeSpan.FromHours(1), ExpireWhen.HasNoExpiry));
            Assert.True(await database.KeyExpireAsync("k", DateTime.UtcNow.AddHours(2)));
            Assert.NotNull(await database.KeyExpireTimeAsync("k"));
            Assert.Equal("v", (string?)await database.StringGetSetExpiryAsync("k", expiry: null));
            Assert.Null(await database.KeyTimeToLiveAsync("k"));
            Assert.True(await database.KeyExpireAsync("k", DateTime.UtcNow.AddHours(-1)));
            Assert.False(await database.KeyExistsAsync("k"));
        }

        await ServerErrors.AreAsync(server, Probes, ProbesUnknown);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Many_commands_are_under_way_at_once_and_transactions_between_them(RedisProtocol protocol)
    {
        TestIo.SkipIfOneAtATime();
        const int Count = 2_000;
        await using KeyValueServer server = Servers.Start(loops: 2);
        await using (var client = await Client.ConnectAsync(server, protocol))
        {
            IDatabase database = client.Database;
            long[] numbers = await Task.WhenAll(
                Enumerable.Range(0, Count).Select(_ => database.StringIncrementAsync("n")));
            Assert.Equal(Enumerable.Range(1, Count).Select(i => (long)i), numbers);

            ITransaction transaction = database.CreateTransaction();
            transaction.AddCondition(Condition.StringEqual("n", Count));
            transaction.AddCondition(Condition.KeyNotExists("new"));
            Task<bool> set = transaction.StringSetAsync("new", "v");
            Task<long> incremented = transaction.StringIncrementAsync("n");
            Assert.True(await transaction.ExecuteAsync());
            Assert.True(await set);
            Assert.Equal(Count + 1, await incremented);

            ITransaction broken = database.CreateTransaction();
            broken.AddCondition(Condition.KeyNotExists("n"));
            Task<bool> never = broken.StringSetAsync("new", "w");
            Assert.False(await broken.ExecuteAsync());
            await Assert.ThrowsAsync<TaskCanceledException>(() => never);
            Assert.Equal("v", (string?)await database.StringGetAsync("new"));

            RedisServerException refused = await Assert.ThrowsAsync<RedisServerException>(
                () => database.StringIncrementAsync("new"));
            Assert.Equal("ERR value is not an integer or out of range", refused.Message);
            await client.ForgetComplaintAsync($"server: {refused.Message}");
        }

        await ServerErrors.AreAsync(server, [.. Probes, "incr:0:1"], ProbesUnknown);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task All_keys_are_scanned(RedisProtocol protocol)
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(loops: 2);
        await using (var client = await Client.ConnectAsync(server, protocol))
        {
            await Task.WhenAll(Enumerable.Range(0, 1_000).Select(i => client.Database.StringSetAsync($"k:{i}", i)));
            await client.Database.StringSetAsync("other", 1);
            HashSet<RedisKey> keys = [];
            await foreach (RedisKey key in client.Node.KeysAsync(pattern: "k:*", pageSize: 100))
                keys.Add(key);
            Assert.Equal(1_000, keys.Count);
            Assert.Equal(1_001, await client.Node.DatabaseSizeAsync());
            await client.Node.FlushDatabaseAsync();
            Assert.Null((string?)await client.Database.KeyRandomAsync());
        }

        await ServerErrors.AreAsync(server, Probes, ProbesUnknown);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Messages_reach_their_subscribers(RedisProtocol protocol)
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(loops: 2);
        await using (var client = await Client.ConnectAsync(server, protocol))
        {
            ISubscriber subscriber = client.Multiplexer.GetSubscriber();
            ChannelMessageQueue channel = await subscriber.SubscribeAsync(RedisChannel.Literal("news"));
            ChannelMessageQueue pattern = await subscriber.SubscribeAsync(RedisChannel.Pattern("ne*"));
            byte[] message = [0, 13, 10, 255];
            Assert.Equal(2, await subscriber.PublishAsync(RedisChannel.Literal("news"), message));
            CancellationToken cancelled = TestContext.Current.CancellationToken;
            Assert.Equal(message, (byte[]?)(await channel.ReadAsync(cancelled)).Message);
            Assert.Equal("news", (string?)(await pattern.ReadAsync(cancelled)).Channel);
            Assert.Contains(RedisChannel.Literal("news"), await client.Node.SubscriptionChannelsAsync());
            Assert.Equal(1, await client.Node.SubscriptionSubscriberCountAsync(RedisChannel.Literal("news")));
            Assert.Equal(1, await client.Node.SubscriptionPatternCountAsync());
            await channel.UnsubscribeAsync();
            await pattern.UnsubscribeAsync();
            Assert.Equal(0, await client.Database.PublishAsync(RedisChannel.Literal("news"), "nobody"));
        }

        await ServerErrors.AreAsync(server, Probes, ProbesUnknown);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task The_server_saves_when_it_is_told_to(RedisProtocol protocol)
    {
        TestIo.SkipIfOneAtATime();
        using var directory = new TemporaryDirectory();
        await using KeyValueServer server = Servers.Start(options => options.DataDirectory = directory.Path, loops: 2);
        await using (var client = await Client.ConnectAsync(server, protocol))
        {
            await client.Database.StringSetAsync("k", "v");
#pragma warning disable CS0618 // Also what is not recommended must be understood.
            await client.Node.SaveAsync(SaveType.ForegroundSave);
#pragma warning restore CS0618
            await client.Node.SaveAsync(SaveType.BackgroundSave);
            await Until.TrueAsync(async () => (await client.Node.InfoRawAsync("persistence"))!.Contains(
                "rdb_bgsave_in_progress:0", StringComparison.Ordinal));
            await client.Node.SaveAsync(SaveType.BackgroundRewriteAppendOnlyFile);
            Assert.InRange(
                await client.Node.LastSaveAsync(), DateTime.UtcNow.AddMinutes(-1), DateTime.UtcNow.AddMinutes(1));
        }

        await ServerErrors.AreAsync(server, Probes, ProbesUnknown);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task The_password_is_given_and_without_it_nothing_works(RedisProtocol protocol)
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(options => options.Password = "geheim", loops: 2);
        await using (var client = await Client.ConnectAsync(server, protocol, "geheim"))
            Assert.True(await client.Database.StringSetAsync("k", "v"));

        RedisConnectionException refused = await Assert.ThrowsAsync<RedisConnectionException>(
            () => Client.ConnectAsync(server, protocol, "falsch"));
        Assert.Equal(ConnectionFailureType.AuthenticationFailure, refused.FailureType);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_connection_that_is_lost_is_made_again(RedisProtocol protocol)
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(loops: 2);
        await using var client = await Client.ConnectAsync(server, protocol);
        using RespClient killer = await RespClient.ConnectAsync(server);
        Assert.NotEqual(":0|", await killer.CallAsync("CLIENT", "KILL", "TYPE", "normal"));
        await Until.TrueAsync(async () =>
        {
            try
            {
                return await client.Database.StringSetAsync("k", "v");
            }
            catch (RedisConnectionException)
            {
                return false;
            }
        });
        Assert.Equal("v", (string?)await client.Database.StringGetAsync("k"));
        client.ForgetComplaints();
    }

    /// <summary>A connection that complains of nothing.</summary>
    private sealed class Client : IAsyncDisposable
    {
        private readonly ConcurrentQueue<string> _complaints = [];

        private Client(ConnectionMultiplexer multiplexer) => Multiplexer = multiplexer;

        public ConnectionMultiplexer Multiplexer { get; }

        public IDatabase Database => Multiplexer.GetDatabase();

        public IServer Node => Multiplexer.GetServers().Single();

        public static async Task<Client> ConnectAsync(
            KeyValueServer server, RedisProtocol protocol, string? password = null)
        {
            using var log = new StringWriter(CultureInfo.InvariantCulture);
            var options = new ConfigurationOptions
            {
                EndPoints = { (IPEndPoint)server.RespEndPoint! },
                Protocol = protocol,
                Password = password,
                AllowAdmin = true,
                ClientName = "penstock-test",
            };
            ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(options, log);
            var client = new Client(multiplexer);
            multiplexer.ErrorMessage += (_, told) => client._complaints.Enqueue($"server: {told.Message}");
            multiplexer.InternalError += (_, told) => client._complaints.Enqueue($"internal: {told.Exception}");
            multiplexer.ConnectionFailed += (_, told) => client._complaints.Enqueue($"lost: {told.Exception}");
            string text = log.ToString();
            string[] words = ["rror", "fail", "Fail", "fault", "nexpected", "nable"];
            Assert.All(words, word => Assert.DoesNotContain(word, text, StringComparison.Ordinal));
            return client;
        }

        /// <summary>Waits for one that is expected: the library tells of it later, on another thread.</summary>
        public async Task ForgetComplaintAsync(string complaint)
        {
            string? told = null;
            await Until.TrueAsync(() => _complaints.TryDequeue(out told));
            Assert.Equal(complaint, told);
        }

        public void ForgetComplaints() => _complaints.Clear();

        public async ValueTask DisposeAsync()
        {
            string[] complaints = [.. _complaints];
            await Multiplexer.DisposeAsync();
            Assert.Empty(complaints);
        }
    }
}
