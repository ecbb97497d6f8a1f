using System.Runtime.Versioning;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Polling;

[UnsupportedOSPlatform("windows")]
public sealed class KqueuePollerTests : PollerContract
{
    protected override Poller Create() => KqueueRequirement.CreateOrSkip();

    [Fact]
    public void The_wake_takes_no_descriptor()
    {
        using var poller = (KqueuePoller)Create();
        Assert.False(poller.WakesThroughPipe);
    }

    [Fact]
    public void Reader_and_writer_of_a_one_shot_registration_do_not_starve_each_other()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        pair.SendFromFar();
        poller.Add(pair.Descriptor, 7, Interest.Readable | Interest.Writable, Trigger.OneShot);
        var events = new PollEvent[8];
        int count = poller.Wait(events, TimeSpan.FromSeconds(10));
        Readiness seen = events.Take(count).Aggregate(Readiness.None, (all, next) => all | next.Readiness);
        Assert.Equal(Readiness.Readable | Readiness.Writable, seen & (Readiness.Readable | Readiness.Writable));
        Assert.Equal(0, poller.Wait(events, TimeSpan.FromMilliseconds(20)));
    }

    [Fact]
    public void More_changes_than_there_is_room_for_answers_are_all_applied()
    {
        const int Changes = 700;
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        using var copies = new Duplicates(pair.Descriptor, Changes);
        pair.SendFromFar();
        for (int i = 0; i < Changes; i++)
            poller.Add(copies.Descriptors[i], (ulong)i, Interest.Readable, Trigger.Dispatch);
        var events = new PollEvent[1];
        var seen = new HashSet<ulong>();
        while (poller.Wait(events, TimeSpan.FromMilliseconds(100)) > 0)
            Assert.True(seen.Add(events[0].Key));
        Assert.Equal(Changes, seen.Count);
    }

    [Fact]
    public void Changes_that_cancel_out_before_a_wait_leave_the_first_state()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        pair.SendFromFar();
        poller.Add(pair.Descriptor, 7, Interest.Readable);
        poller.Modify(pair.Descriptor, 7, Interest.None);
        poller.Modify(pair.Descriptor, 7, Interest.Readable);
        var events = new PollEvent[4];
        Assert.Equal(1, poller.Wait(events, TimeSpan.FromSeconds(10)));
        Assert.Equal(new PollEvent(7, Readiness.Readable), events[0]);
    }
}
