namespace Penstock.Broadcast.Tests.Mechanisms;

[Collection(nameof(Alone))]
public sealed class ManyClientsTests
{
    private const int Receivers = 1_000;
    private const int Senders = 10;
    private const int Messages = 50;

    [Theory]
    [MemberData(nameof(MechanismServers.All), MemberType = typeof(MechanismServers))]
    public async Task Ten_senders_reach_a_thousand_receivers_once_and_in_order(IoMechanism mechanism, int loops)
    {
        await using TcpServer server = MechanismServers.Start(mechanism, loops);
        TestClient[] clients = await TestClient.ConnectManyAsync(server, Receivers + Senders);

        Task[] sending = [.. clients[..Senders].Select(SendAllAsync)];
        List<string>[] heard =
            await Task.WhenAll(clients.Select(client => client.ReceiveManyAsync(Senders * Messages)));
        await Task.WhenAll(sending);

        var orders = new HashSet<string>();
        foreach (List<string> messages in heard)
        {
            Assert.Equal(Senders * Messages, messages.Count);
            Sequences.AssertEachSenderInOrder(messages, Senders);
            orders.Add(string.Join(' ', messages));
        }

        // All clients of a loop see one order; those of different loops need not.
        Assert.InRange(orders.Count, 1, loops);
        foreach (TestClient client in clients)
            client.Dispose();
    }

    private static async Task SendAllAsync(TestClient client, int sender)
    {
        for (int i = 0; i < Messages; i++)
            await client.SendAsync($"{sender}:{i}");
    }
}
