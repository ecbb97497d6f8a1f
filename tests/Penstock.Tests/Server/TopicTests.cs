namespace Penstock.Tests.Server;

/// <summary>What handlers may do to a topic while one of its messages is on its way.</summary>
public sealed class TopicTests
{
    [Fact]
    public async Task A_handler_may_unsubscribe_whom_it_likes_when_it_is_told_of_congestion()
    {
        TestIo.SkipIfOneAtATime();
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
        Assert.SkipWhen(group.ConnectionThreads is not null, "the connections must share a loop");
        topic = new Broadcaster(group).CreateTopic();
        await using TestServer server = TestServer.Scripted(handler, o => (o.MaxSendQueueBytes, o.ResumeSendQueueBytes) = (1, 0), group);
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
    public void A_payload_that_was_given_back_stays_so()
    {
        SharedPayload payload = SharedPayload.Copy("news"u8);
        payload.Dispose();
        for (int i = 0; i < 3; i++)
            Assert.Throws<ObjectDisposedException>(payload.Retain);
    }
}
