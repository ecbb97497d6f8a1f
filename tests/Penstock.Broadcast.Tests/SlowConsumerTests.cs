namespace Penstock.Broadcast.Tests;

/// <summary>
/// One client never reads. What it costs the server is bounded, and the others are served as the policy says.
/// </summary>
public sealed class SlowConsumerTests
{
    private const int SmallBuffer = 4 * 1024;
    private const int HighMark = 64 * 1024;
    private const int MessageBytes = 8 * 1024;

    /// <summary>Far more than the high mark and both kernels' socket buffers together.</summary>
    private const int Messages = 2_000;

    [Fact]
    public async Task Waiting_holds_every_sender_back_and_loses_nothing_once_the_slow_one_reads()
    {
        await using TcpServer server = Start(SlowConsumerPolicy.Wait, Timeout.InfiniteTimeSpan);
        using TestClient slow = await TestClient.ConnectAsync(server, SmallBuffer);
        TestClient[] others = await TestClient.ConnectManyAsync(server, 2);

        Task sending = SendAllAsync(others[0]);
        Task<List<string>>[] hearing = [.. others.Select(other => other.ReceiveManyAsync(Messages))];
        await Until.TrueAsync(() => Meters.Read("penstock.receive.pauses") > 0);
        Assert.False(sending.IsCompleted, "The senders were not held back.");

        Assert.Equal(Numbers(0, Messages), NumbersOf(await slow.ReceiveManyAsync(Messages)));
        await sending;
        foreach (Task<List<string>> heard in hearing)
            Assert.Equal(Numbers(0, Messages), NumbersOf(await heard));
        Dispose(others);
    }

    [Fact]
    public async Task Waiting_ends_when_the_slow_one_stalls_for_too_long()
    {
        // Long enough that clients which do read are not taken for stalled where the machine is busy.
        await using TcpServer server = Start(SlowConsumerPolicy.Wait, TimeSpan.FromSeconds(2));
        using TestClient slow = await TestClient.ConnectAsync(server, SmallBuffer);
        TestClient[] others = await TestClient.ConnectManyAsync(server, 2);

        Task sending = SendAllAsync(others[0]);
        Task<List<string>>[] hearing = [.. others.Select(other => other.ReceiveManyAsync(Messages))];
        await sending;
        foreach (Task<List<string>> heard in hearing)
            Assert.Equal(Numbers(0, Messages), NumbersOf(await heard));
        await Until.TrueAsync(() => server.ConnectionCount == 2);
        Dispose(others);
    }

    [Fact]
    public async Task Dropping_the_oldest_costs_the_slow_one_messages_and_the_others_nothing()
    {
        await using TcpServer server = Start(SlowConsumerPolicy.DropOldest, Timeout.InfiniteTimeSpan);
        using TestClient slow = await TestClient.ConnectAsync(server, SmallBuffer);
        TestClient[] others = await TestClient.ConnectManyAsync(server, 2);

        List<int>[] heardByOthers = await SendInStepAsync(others);
        Assert.All(heardByOthers, numbers => Assert.Equal(Numbers(0, Messages), numbers));

        List<int> heard = [];
        while (heard.Count == 0 || heard[^1] != Messages - 1)
            heard.Add(NumberOf((await slow.ReceiveAsync())!));
        Assert.InRange(heard.Count, 2, Messages - 1);
        Assert.Equal(heard.Order().Distinct(), heard);
        Dispose(others);
    }

    [Fact]
    public async Task Disconnecting_ends_the_slow_one_and_the_others_hear_everything()
    {
        await using TcpServer server = Start(SlowConsumerPolicy.Disconnect, Timeout.InfiniteTimeSpan);
        using TestClient slow = await TestClient.ConnectAsync(server, SmallBuffer);
        TestClient[] others = await TestClient.ConnectManyAsync(server, 2);

        List<int>[] heardByOthers = await SendInStepAsync(others);
        Assert.All(heardByOthers, numbers => Assert.Equal(Numbers(0, Messages), numbers));

        await Until.TrueAsync(() => server.ConnectionCount == 2);
        Assert.InRange(Meters.Read("penstock.slow_consumers"), 1, int.MaxValue);
        List<string> heard = await slow.ReceiveManyAsync(Messages);
        Assert.InRange(heard.Count, 0, Messages - 1);
        Dispose(others);
    }

    private static TcpServer Start(SlowConsumerPolicy policy, TimeSpan writeStall) =>
        Servers.Start(configure: options =>
        {
            options.SlowConsumer = policy;
            options.WriteStallTimeout = writeStall;
            options.MaxSendQueueBytes = HighMark;
            options.ResumeSendQueueBytes = HighMark / 2;
        });

    private static async Task SendAllAsync(TestClient sender)
    {
        for (int i = 0; i < Messages; i++)
            await sender.SendAsync(Message(i));
    }

    /// <summary>
    /// The first client sends, in step with all that read, so that only the slow one's queue ever fills. Returns what
    /// each heard.
    /// </summary>
    private static async Task<List<int>[]> SendInStepAsync(TestClient[] clients)
    {
        List<int>[] heard = [.. clients.Select(_ => new List<int>(Messages))];
        for (int i = 0; i < Messages; i++)
        {
            await clients[0].SendAsync(Message(i));
            for (int client = 0; client < clients.Length; client++)
                heard[client].Add(NumberOf((await clients[client].ReceiveAsync())!));
        }

        return heard;
    }

    private static string Message(int number) => $"{number}:".PadRight(MessageBytes, 'x');

    private static int NumberOf(string message) => int.Parse(message[..message.IndexOf(':')]);

    private static IEnumerable<int> NumbersOf(List<string> messages) => messages.Select(NumberOf);

    private static IEnumerable<int> Numbers(int first, int count) => Enumerable.Range(first, count);

    private static void Dispose(TestClient[] clients)
    {
        foreach (TestClient client in clients)
            client.Dispose();
    }
}
