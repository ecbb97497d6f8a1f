using Penstock.Drivers.Tests.Polling;
using Penstock.Interop.Posix;
using Penstock.Net;
using Penstock.Timing;

namespace Penstock.Drivers.Tests.Contract;

/// <summary>What a <see cref="BlockingDriver"/> makes of one report that there is room for a send.</summary>
public sealed class BlockingRoomTests
{
    private static readonly SlotKey Key = new(0, 1);

    [Fact]
    public void Room_is_reported_once_and_not_again_when_that_send_fills_it_up()
    {
        byte[] data = Payload.Create(64 * 1024);
        using var pair = new ConnectedPair();
        using var driver = new BlockingDriver(LoopClock.System, new DriverLimits(Slots: 1), maxEmptySlices: null);
        driver.Attach(Key, SocketHandle.FromDescriptor(Libc.Duplicate(pair.Descriptor)));
        SendUntilPending(driver, data);

        byte[] taken = new byte[64 * 1024];
        Completion completion;
        while (!driver.TryNext(out completion))
        {
            pair.Far.Receive(taken);
            driver.Wait(LoopClock.System.Now + LoopClock.System.ToTimestamps(TimeSpan.FromMilliseconds(10)));
        }

        Assert.Equal((CompletionKind.Sent, 0), (completion.Kind, completion.Result));
        SendUntilPending(driver, data);
        Assert.False(driver.TryNext(out _), "the same report counted twice");
    }

    private static void SendUntilPending(BlockingDriver driver, byte[] data)
    {
        SendSegment segment = Payload.Segment(data, 0, data.Length);
        while (driver.Send(Key, [segment]) != IoDriver.SendPending)
        {
        }
    }
}
