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

    [Fact]
    public void One_wait_reports_a_descriptor_once_also_when_others_leave_the_table_meanwhile()
    {
        const int Count = 10;
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        using var copies = new Duplicates(pair.Descriptor, Count);
        for (int i = 0; i < Count; i++)
            poller.Add(copies.Descriptors[i], (ulong)i, Interest.Writable);
        PollEvent[] events = new PollEvent[2 * Count];
        // Half-way round: the next wait comes to the first ones last, and fills their gaps with what it has reported.
        Assert.Equal(Count / 2, poller.Wait(events.AsSpan(0, Count / 2), TimeSpan.Zero));
        for (int i = 0; i < Count / 2; i++)
            poller.Modify(copies.Descriptors[i], (ulong)i, Interest.Writable, Trigger.Dispatch);
        int count = poller.Wait(events, TimeSpan.Zero);
        Assert.Equal(Enumerable.Range(0, Count), events.Take(count).Select(reported => (int)reported.Key).Order());
    }
}
