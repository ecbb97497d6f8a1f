using System.Runtime.Versioning;
using Penstock.Drivers.Tests.Polling;
using Penstock.Interop.Posix;
using Penstock.Net;
using Penstock.Polling;
using Penstock.Timing;

namespace Penstock.Drivers.Tests.Refusals;

/// <summary>The kernel watches only so many descriptors: one more costs that connection, and nothing else.</summary>
[SupportedOSPlatform("linux")]
public sealed class RefusedRegistrationTests
{
    private static readonly SlotKey First = new(0, 1), Second = new(1, 1);

    [Fact]
    public void A_descriptor_that_the_poller_refuses_ends_its_connection_only()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "epoll is Linux's");
        using ConnectedPair served = new(), refused = new();
        using var driver = CreateDriver(capacity: 1);
        driver.Attach(First, SocketHandle.FromDescriptor(Libc.Duplicate(served.Descriptor)));
        driver.Attach(Second, SocketHandle.FromDescriptor(Libc.Duplicate(refused.Descriptor)));
        Assert.Equal((CompletionKind.Received, Second, -Errno.ENOSPC), Pull(driver));

        driver.PauseReceive(Second);
        driver.ResumeReceive(Second);
        driver.Close(Second, CloseMode.Reset);
        Assert.Equal((CompletionKind.Closed, Second, 0), Pull(driver));

        served.SendFromFar(3);
        Assert.Equal((CompletionKind.Received, First, 3), Pull(driver));
    }

    [Fact]
    public void Disposing_frees_what_the_poller_refused_and_what_comes_behind_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "epoll is Linux's");
        using ConnectedPair refused = new();
        var driver = CreateDriver(capacity: 0);
        driver.Attach(First, SocketHandle.FromDescriptor(Libc.Duplicate(refused.Descriptor)));
        driver.Attach(Second, SocketHandle.FromDescriptor(Libc.Duplicate(refused.Descriptor)));
        refused.Near.Dispose();
        driver.Dispose();
        Assert.Equal(0, refused.Far.Receive(new byte[1]));
    }

    private static ReadinessDriver CreateDriver(int capacity) => new(
        new FullPoller(new EpollPoller(), capacity), Trigger.Level, LoopClock.System, new DriverLimits(Slots: 2));

    private static (CompletionKind Kind, SlotKey Slot, int Result) Pull(ReadinessDriver driver)
    {
        Completion completion;
        while (!driver.TryNext(out completion))
            driver.Wait(LoopClock.System.Now + LoopClock.System.ToTimestamps(TimeSpan.FromSeconds(20)));
        return (completion.Kind, completion.Slot, completion.Result);
    }
}
