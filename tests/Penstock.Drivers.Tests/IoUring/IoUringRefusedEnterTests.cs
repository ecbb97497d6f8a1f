using System.Net;
using System.Runtime.InteropServices;
using Penstock.Drivers.Tests.Polling;
using Penstock.Interop.Posix;
using Penstock.Net;
using Penstock.Timing;

namespace Penstock.Drivers.Tests.IoUring;

/// <summary>What becomes of the driver's work when the kernel refuses <c>io_uring_enter</c>.</summary>
public sealed class IoUringRefusedEnterTests
{
    private const int EnterNumber = 426;
    private const int Connections = 6;

    private static readonly IoUringSizes Sizes = new(4, 16, 16, 1024, Incremental: true);

    [Fact]
    public void A_kernel_that_takes_no_submissions_now_still_gets_the_sends_that_find_no_room_in_the_queue()
    {
        byte[] data = GC.AllocateArray<byte>(100, pinned: true);
        Run(Errno.EBUSY, (driver, pairs) =>
        {
            for (int slot = 0; slot < Connections; slot++)
                Send(driver, slot, data);

            Assert.Equal([4, 5], Completed(driver, CompletionKind.Sent, data.Length));
            Assert.All(pairs[4..], pair => Assert.Equal(data.Length, pair.Far.Receive(new byte[1_000])));
            Assert.All(pairs[..4], pair => Assert.Equal(0, pair.Far.Available));
        });
    }

    [Fact]
    public void Receives_that_cannot_be_started_now_do_not_hold_up_the_sends()
    {
        byte[] data = GC.AllocateArray<byte>(100, pinned: true);
        Run(Errno.EBUSY, (driver, pairs) =>
        {
            driver.Wait(0);
            driver.Wait(0);
            for (int slot = 0; slot < Connections; slot++)
                Send(driver, slot, data);

            Assert.Equal(Enumerable.Range(0, Connections), Completed(driver, CompletionKind.Sent, data.Length));
            Assert.All(pairs, pair => Assert.Equal(data.Length, pair.Far.Receive(new byte[1_000])));
        });
    }

    [Fact]
    public void A_kernel_that_takes_no_submissions_now_fails_an_attempt_to_connect()
    {
        byte[] data = GC.AllocateArray<byte>(1, pinned: true);
        Run(Errno.EBUSY, (driver, _) =>
        {
            for (int slot = 0; slot < Sizes.SubmissionEntries; slot++)
                Send(driver, slot, data);
            using var pair = new ConnectedPair();
            SocketAddress anywhere = new IPEndPoint(IPAddress.Loopback, 1).Serialize();
            driver.Connect(KeyOf(Connections), SocketHandle.FromDescriptor(Libc.Duplicate(pair.Descriptor)), anywhere);

            Assert.Equal([Connections], Completed(driver, CompletionKind.Connected, -Errno.EAGAIN));
        });
    }

    [Fact]
    public void A_ring_that_breaks_says_how_and_is_disposed_without_another_failure() => Run(
        Errno.EBADF,
        (driver, _) =>
        {
            var broken = Assert.Throws<IoUringException>(() => driver.Wait(0));
            Assert.Equal(("io_uring_enter", Errno.EBADF), (broken.Call, broken.ErrorCode));
        });

    /// <summary>
    /// Uses a driver on a thread where the call fails. Afterwards every connection must be closed, also those that the
    /// ring could not close.
    /// </summary>
    private static void Run(int errno, Action<IoUringDriver, ConnectedPair[]> use)
    {
        IoUringRequirement.SkipWithoutIoUring();
        ConnectedPair[] pairs = [.. Enumerable.Range(0, Connections).Select(_ => new ConnectedPair())];
        SystemCallFilter.Run(EnterNumber, errno, () =>
        {
            using var driver = new IoUringDriver(Sizes, LoopClock.System, new DriverLimits(Connections + 1));
            for (int slot = 0; slot < Connections; slot++)
                driver.Attach(KeyOf(slot), SocketHandle.FromDescriptor(Libc.Duplicate(pairs[slot].Descriptor)));
            use(driver, pairs);
            return 0;
        });
        Assert.All(pairs, AssertClosed);
    }

    private static void AssertClosed(ConnectedPair pair)
    {
        pair.Near.Dispose();
        pair.Far.ReceiveTimeout = 10_000;
        while (pair.Far.Receive(new byte[1_000]) > 0)
        {
        }

        pair.Dispose();
    }

    private static SlotKey KeyOf(int slot) => new(slot, 1);

    private static void Send(IoUringDriver driver, int slot, byte[] pinned) =>
        driver.Send(KeyOf(slot), [new SendSegment(Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0), pinned.Length)]);

    /// <summary>The slots that completed this; nothing else may have completed.</summary>
    private static List<int> Completed(IoUringDriver driver, CompletionKind kind, int result)
    {
        List<int> slots = [];
        while (driver.TryNext(out Completion completion))
        {
            Assert.Equal((kind, result), (completion.Kind, completion.Result));
            slots.Add(completion.Slot.Index);
        }

        return slots;
    }
}
