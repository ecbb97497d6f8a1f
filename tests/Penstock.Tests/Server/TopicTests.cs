using Penstock.Publishing;

namespace Penstock.Tests.Server;

/// <summary>What handlers may do to a topic while one of its messages is on its way.</summary>
public sealed class TopicTests
{
    [Fact]
    public async Task A_handler_may_unsubscribe_whom_it_likes_when_it_is_told_of_congestion()
    {
        TestIo.SkipUnlessLoopsAreShared();
        const int clients = 8;
        Topic? topic = null;
        List<Connection> subscribed = [];
        var handler = new ScriptedHandler
        {
            Opened = connection =>
            {
                subscribed.Add(connection);
                topic!.Subscribe(connection);
            },
            Congested = connection =>
            {
                topic!.Unsubscribe(connection);
                topic.Unsubscribe(subscribed[0]);
            },
        };
        await using LoopGroup group = LoopGroupReading.Create();
        topic = new Broadcaster().CreateTopic();
        await using TestServer server = TestServer.Scripted(
            handler, o => (o.MaxSendQueueBytes, o.ResumeSendQueueBytes) = (1, 0), group);
        List<TestClient> connected = [];
        for (int i = 0; i < clients; i++)
            connected.Add(await server.ConnectAsync());
        await Patience.UntilAsync(() => topic.SubscriberCount == clients);

        byte[] news = TestClient.Pattern(1_000);
        using (SharedPayload message = SharedPayload.Copy(news))
            Assert.Equal(clients, topic.Publish(message));
        foreach (TestClient client in connected)
            Assert.Equal(news, await client.ReceiveExactlyAsync(news.Length));
        await Patience.UntilAsync(() => topic.SubscriberCount == 0);
        connected.ForEach(client => client.ExpectSilence());
        connected.ForEach(client => client.Dispose());
    }

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
                Assert.Equal(1, topic.PublishFrom(connection.Loop, payload));
                topic.Unsubscribe(connection);
                connection.Send("."u8);
                return data.Length;
            },
        });
        topic = new Broadcaster().CreateTopic();
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync("message");
        Assert.Equal("message.", await client.ReceiveTextAsync(8));
    }

    [Fact]
    public async Task The_owner_of_a_topic_sees_what_waits_after_every_message()
    {
        List<int> waiting = [];
        await using TestServer server = TestServer.Echo();
        var topic = new Broadcaster().CreateTopic(connection => waiting.Add(connection.UnsentBytes));
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
        ConnectionId id = server.Journal.Opened.Single();
        server.Group.Post(id, connection => topic.Subscribe(connection));
        using SharedPayload payload = SharedPayload.Copy(new byte[1_000]);
        await server.RunOnLoopAsync(() => topic.PublishFrom(server.Group[id.Loop], payload), id.Loop);
        await client.ReceiveExactlyAsync(1_000);
        Assert.Equal([1_000], waiting);
    }

    [Fact]
    public async Task A_connection_subscribes_once_and_leaves_once()
    {
        await using TestServer server = TestServer.Echo();
        Topic topic = new Broadcaster().CreateTopic();
        using TestClient client = await server.ConnectAsync();
        ConnectionId id = await server.Journal.WaitOpenedAsync();
        var answers = new TaskCompletionSource<bool[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Group.Post(id, connection => answers.SetResult(
            [
                topic.Unsubscribe(connection), topic.Subscribe(connection), topic.Subscribe(connection),
                topic.Unsubscribe(connection), topic.Unsubscribe(connection),
            ]));
        bool[] told = await answers.Task.Bounded();
        Assert.Equal([false, true, false, true, false], told);
        using SharedPayload news = SharedPayload.Copy("news"u8);
        Assert.Equal(0, topic.Publish(news));
    }

    [Fact]
    public async Task What_is_published_to_a_loop_that_has_ended_is_held_no_longer()
    {
        await using LoopGroup group = LoopGroupReading.Create();
        var inbox = new LoopInbox(group[0]);
        Topic topic = new Broadcaster().CreateTopic();
        await group.DisposeAsync();
        SharedPayload news = SharedPayload.Copy("news"u8);
        inbox.Add(topic, news);
        inbox.Add(topic, news);
        news.Dispose();
        Assert.Throws<ObjectDisposedException>(news.Dispose);
    }

    [Fact]
    public void A_payload_that_was_given_back_stays_so()
    {
        SharedPayload payload = SharedPayload.Copy("news"u8);
        payload.Dispose();
        for (int i = 0; i < 3; i++)
            Assert.Throws<ObjectDisposedException>(payload.Retain);
    }
}
