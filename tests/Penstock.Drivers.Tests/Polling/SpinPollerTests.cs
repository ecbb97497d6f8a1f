using System.Runtime.Versioning;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Polling;

[UnsupportedOSPlatform("windows")]
public sealed class SpinPollerTests : PollerContract
{
    protected override bool Guesses => true;

    protected override Poller Create() => new SpinPoller();

    [Fact]
    public void Every_registration_is_reported_with_exactly_its_interest()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        using var copies = new Duplicates(pair.Descriptor, 4);
        Interest[] interests =
            [Interest.Readable, Interest.Writable, Interest.Readable | Interest.Writable, Interest.None];
        for (int i = 0; i < interests.Length; i++)
            poller.Add(copies.Descriptors[i], (ulong)i, interests[i]);
        PollEvent[] events = new PollEvent[8];
        int count = poller.Wait(events, Timeout.InfiniteTimeSpan);
        Assert.Equal(
            [new(0, Readiness.Readable), new(1, Readiness.Writable), new(2, Readiness.Readable | Readiness.Writable)],
            events.Take(count).OrderBy(reported => reported.Key));
    }
}
