namespace Penstock.Tests.Server;

public sealed class TopicTests
{
    [Fact]
    public async Task What_a_loop_publishes_at_once_reaches_who_leaves_in_the_same_turn()
    {
        Topic topic = null!;
        await using TestServer server = TestServer.Scripted(new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                topic.Subscribe(connection);
                using SharedPayload payload = SharedPayload.Copy(data);
                Assert.Equal(1, topic.PublishFrom(connection.Id.Loop, payload));
                topic.Unsubscribe(connection);
                connection.Send("."u8);
                return data.Length;
            },
        });
        topic = new Broadcaster(server.Group).CreateTopic();
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync("message");
        Assert.Equal("message.", await client.ReceiveTextAsync(8));
    }

    [Fact]
    public async Task A_subscriber_that_leaves_when_it_is_congested_costs_the_others_nothing()
    {
        const int clients = 5;
        byte[] message = TestClient.Pattern(32 * 1024);
        Topic topic = null!;
        await using TestServer server = TestServer.Scripted(
            new ScriptedHandler
            {
                Opened = connection => topic.Subscribe(connection),
                Congested = connection => topic.Unsubscribe(connection),
            },
            options =>
            {
                options.MaxSendQueueBytes = 16 * 1024;
                options.ResumeSendQueueBytes = 8 * 1024;
            });
        TestIo.SkipUnlessLoopsAreShared();
        topic = new Broadcaster(server.Group).CreateTopic();
        TestClient[] subscribers = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => server.ConnectAsync()));
        await Patience.UntilAsync(() => topic.SubscriberCount == clients);

        // The first message is above the mark of each of them, so all of them leave while it is handed round.
        using SharedPayload payload = SharedPayload.Copy(message);
        Assert.Equal(clients, topic.Publish(payload));
        foreach (TestClient subscriber in subscribers)
        {
            Assert.Equal(message, await subscriber.ReceiveExactlyAsync(message.Length));
            subscriber.Dispose();
        }

        Assert.Equal(0, topic.SubscriberCount);
    }

    [Fact]
    public async Task The_owner_of_a_topic_sees_what_waits_after_every_message()
    {
        List<int> waiting = [];
        await using TestServer server = TestServer.Echo();
        var topic = new Broadcaster(server.Group).CreateTopic(connection => waiting.Add(connection.UnsentBytes));
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
        ConnectionId id = server.Journal.Opened.Single();
        server.Group.Post(id, connection => topic.Subscribe(connection));
        using SharedPayload payload = SharedPayload.Copy(new byte[1_000]);
        await server.RunOnLoopAsync(() => topic.PublishFrom(id.Loop, payload), id.Loop);
        await client.ReceiveExactlyAsync(1_000);
        Assert.Equal([1_000], waiting);
    }
}
