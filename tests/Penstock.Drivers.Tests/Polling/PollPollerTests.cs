using System.Runtime.Versioning;
using Penstock.Interop.Posix;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Polling;

[UnsupportedOSPlatform("windows")]
public sealed class PollPollerTests : PollerContract
{
    protected override Poller Create() => new PollPoller();

    [Fact]
    public void A_descriptor_closed_without_removal_is_reported_as_an_error()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        // Moved far away first, so that no other test opens something under the number.
        const int Descriptor = 9_000;
        Assert.Equal(Descriptor, NativeTestCalls.ReplaceDescriptor(pair.Descriptor, Descriptor));
        poller.Add(Descriptor, 7, Interest.Readable);
        Assert.Equal(0, Libc.Close(Descriptor));
        PollEvent[] events = new PollEvent[4];
        Assert.Equal(1, poller.Wait(events, TimeSpan.FromSeconds(10)));
        Assert.Equal(new PollEvent(7, Readiness.Error), events[0]);
    }
}
