using System.Runtime.Versioning;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Polling;

[SupportedOSPlatform("linux")]
public sealed class EpollPollerTests : PollerContract
{
    protected override Poller Create()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "epoll is Linux's");
        return new EpollPoller();
    }

    [Fact]
    public void A_regular_file_is_refused()
    {
        using Poller poller = Create();
        string path = Path.GetTempFileName();
        using (var file = new FileStream(path, FileMode.Open))
        {
            int descriptor = (int)file.SafeFileHandle.DangerousGetHandle();
            var error = Assert.Throws<PollerException>(() => poller.Add(descriptor, 1, Interest.Readable));
            Assert.Equal("EPERM (operation not permitted)", error.Message.Split(": ")[1]);
        }
        File.Delete(path);
    }

    [Fact]
    public void A_span_larger_than_the_native_buffer_is_filled_as_far_as_that_goes()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        using var copies = new Duplicates(pair.Descriptor, 1_100);
        foreach (int descriptor in copies.Descriptors)
            poller.Add(descriptor, (ulong)descriptor, Interest.Writable);
        PollEvent[] events = new PollEvent[2_000];
        Assert.Equal(1_024, poller.Wait(events, TimeSpan.Zero));
        Assert.All(events.Take(1_024), reported => Assert.Contains((int)reported.Key, copies.Descriptors));
    }
}
