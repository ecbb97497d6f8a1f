using Penstock.Loop;

namespace Penstock.Broadcast.Tests.Mechanisms;

[Collection(nameof(Alone))]
public sealed class SilentReaderTests
{
    private const int Readers = 20;
    private const int SmallBuffer = 4 * 1024;
    private const int HighMark = 64 * 1024;
    private const int MessageBytes = 8 * 1024;

    /// <summary>Twice what the high mark and both kernels' socket buffers hold together.</summary>
    private const int Messages = 1_500;

    [Theory]
    [MemberData(nameof(MechanismServers.All), MemberType = typeof(MechanismServers))]
    public async Task One_that_never_reads_costs_its_bound_and_the_others_hear_everything(
        IoMechanism mechanism, int loops)
    {
        await using TcpServer server = MechanismServers.Start(mechanism, loops, options =>
        {
            options.SlowConsumer = SlowConsumerPolicy.DropOldest;
            options.WriteStallTimeout = Timeout.InfiniteTimeSpan;
            options.MaxSendQueueBytes = HighMark;
            options.ResumeSendQueueBytes = HighMark / 2;
        });
        using TestClient silent = await TestClient.ConnectAsync(server, SmallBuffer);
        TestClient[] readers = await TestClient.ConnectManyAsync(server, Readers);

        long largest = 0;
        for (int i = 0; i < Messages; i++)
        {
            // In step with the readers, so that theirs are empty and only one queue can fill.
            string message = $"{i}:".PadRight(MessageBytes, 'x');
            await readers[i % Readers].SendAsync(message);
            foreach (TestClient reader in readers)
                Assert.Equal(message, await reader.ReceiveAsync());
            largest = Math.Max(largest, LargestBacklog(server.Group));
        }

        // A reading may fall between a message's arrival in the queue and the drop that makes room for it.
        Assert.InRange(largest, HighMark / 2, HighMark + MessageBytes + sizeof(ulong));

        // What the others have received already counts as unsent until its loop hears that it was sent: over io_uring
        // after all sends of a turn.
        await Until.TrueAsync(() => Meters.Read("penstock.unsent") == LargestBacklog(server.Group));
        Assert.InRange(Meters.Read("penstock.unsent"), HighMark / 2, HighMark);
        Assert.InRange(Meters.ReadLargest("penstock.unsent.largest"), HighMark / 2, HighMark);
        Assert.InRange(Meters.Read("penstock.payloads.dropped"), 1, Messages);
        Assert.Equal(Readers + 1, server.ConnectionCount);
        foreach (TestClient reader in readers)
            reader.Dispose();
    }

    /// <summary>Of this server alone, which the meters of a process do not tell apart from others.</summary>
    private static long LargestBacklog(LoopGroup group)
    {
        long largest = 0;
        foreach (EventLoop loop in group.Loops)
            largest = Math.Max(largest, loop.ReadBacklog().LargestBytes);
        return largest;
    }
}
