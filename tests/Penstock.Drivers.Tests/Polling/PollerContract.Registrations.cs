using Penstock.Interop.Posix;
using Penstock.Net;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Polling;

public abstract partial class PollerContract
{
    [Theory]
    [InlineData(0ul)]
    [InlineData(uint.MaxValue)]
    [InlineData(1ul << 63)]
    [InlineData(0x0123_4567_89AB_CDEFul)]
    [InlineData(ulong.MaxValue - 1)]
    public void A_key_comes_back_whole(ulong key)
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, key, Interest.Writable);
        Expect(poller, key, Readiness.Writable);
    }

    [Fact]
    public void The_reserved_key_is_refused()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        Assert.Throws<ArgumentOutOfRangeException>(
            () => poller.Add(pair.Descriptor, Poller.ReservedKey, Interest.Readable));
    }

    [Fact]
    public void A_modified_key_and_interest_replace_the_old()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        pair.SendFromFar();
        poller.Add(pair.Descriptor, 1, Interest.Readable);
        poller.Modify(pair.Descriptor, 2, Interest.Writable);
        Assert.Equal(Readiness.Writable, Expect(poller, 2, Readiness.Writable));
    }

    [Fact]
    public void A_removed_descriptor_is_not_reported()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 7, Interest.Readable | Interest.Writable);
        pair.SendFromFar();
        Expect(poller, 7, Readiness.Readable);
        poller.Remove(pair.Descriptor);
        ExpectSilence(poller);
    }

    [Fact]
    public void A_reused_descriptor_is_reported_under_its_new_key_only()
    {
        using Poller poller = Create();
        using var first = new ConnectedPair();
        using var second = new ConnectedPair();
        using var copy = new Duplicates(first.Descriptor, 1);
        int descriptor = copy.Descriptors[0];
        first.SendFromFar();
        second.SendFromFar();
        poller.Add(descriptor, 1, Interest.Readable);
        Expect(poller, 1, Readiness.Readable);
        poller.Remove(descriptor);
        Assert.Equal(descriptor, NativeTestCalls.ReplaceDescriptor(second.Descriptor, descriptor));
        poller.Add(descriptor, 2, Interest.Readable);
        for (int i = 0; i < 5; i++)
            Expect(poller, 2, Readiness.Readable);
    }

    [Fact]
    public void Adding_twice_is_an_error()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 1, Interest.Readable);
        var error = Assert.Throws<PollerException>(() => poller.Add(pair.Descriptor, 1, Interest.Readable));
        Assert.Equal(Errno.EEXIST, error.ErrorCode);
        Assert.Equal(
            $"{poller.Name} cannot add descriptor {pair.Descriptor}: EEXIST (file exists)", error.Message);
    }

    [Fact]
    public void An_unknown_descriptor_can_be_neither_modified_nor_removed()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        var modify = Assert.Throws<PollerException>(() => poller.Modify(pair.Descriptor, 1, Interest.Readable));
        var remove = Assert.Throws<PollerException>(() => poller.Remove(pair.Descriptor));
        Assert.Equal(Errno.ENOENT, modify.ErrorCode);
        Assert.Equal(Errno.ENOENT, remove.ErrorCode);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void A_descriptor_that_is_not_open_cannot_be_added(int descriptor)
    {
        using Poller poller = Create();
        foreach (Trigger trigger in (Trigger[])[Trigger.Level, Trigger.OneShot])
        {
            var error = Assert.Throws<PollerException>(() => poller.Add(descriptor, 1, Interest.Readable, trigger));
            Assert.Equal(Errno.EBADF, error.ErrorCode);
        }
    }

    [Fact]
    public void Descriptors_beyond_what_select_can_hold_work()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        using var copies = new Duplicates(pair.Descriptor, 1_200);
        int descriptor = copies.Highest;
        Assert.True(descriptor > 1_024);
        pair.SendFromFar();
        poller.Add(descriptor, 7, Interest.Readable);
        Expect(poller, 7, Readiness.Readable);
        poller.Remove(descriptor);
        ExpectSilence(poller);
    }

    [Theory]
    [InlineData(Trigger.Level)]
    [InlineData(Trigger.OneShot)]
    [InlineData(Trigger.Dispatch)]
    public void With_room_for_few_events_all_ready_descriptors_are_served_soon(Trigger trigger)
    {
        const int Ready = 300;
        const int Room = 16;
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        using var copies = new Duplicates(pair.Descriptor, Ready);
        for (int i = 0; i < Ready; i++)
            poller.Add(copies.Descriptors[i], (ulong)i, Interest.Writable, trigger);
        int[] served = new int[Ready];
        for (int wait = 0; wait < Ready / Room + 2; wait++)
        {
            foreach (PollEvent reported in _events.AsSpan(0, poller.Wait(_events.AsSpan(0, Room), TimeSpan.Zero)))
                served[reported.Key]++;
        }
        Assert.DoesNotContain(0, served);
        if (trigger != Trigger.Level)
            Assert.All(served, times => Assert.Equal(1, times));
    }

    [Theory]
    [InlineData(Trigger.OneShot)]
    [InlineData(Trigger.Dispatch)]
    public void Descriptors_that_are_armed_again_at_once_do_not_keep_others_from_being_served(Trigger trigger)
    {
        using Poller poller = Create();
        Assert.SkipUnless(poller.Supports(trigger), $"no {trigger} trigger");
        using var pair = new ConnectedPair();
        using var copies = new Duplicates(pair.Descriptor, 100);
        foreach (int descriptor in copies.Descriptors)
            poller.Add(descriptor, (ulong)descriptor, Interest.Writable, trigger);
        HashSet<ulong> served = [];
        for (int wait = 0; wait < 30 && served.Count < 100; wait++)
        {
            int count = poller.Wait(_events.AsSpan(0, 10), Patience);
            foreach (PollEvent reported in _events.AsSpan(0, count))
            {
                served.Add(reported.Key);
                if (trigger == Trigger.OneShot)
                    poller.Add((int)reported.Key, reported.Key, Interest.Writable, trigger);
                else
                    poller.Modify((int)reported.Key, reported.Key, Interest.Writable, trigger);
            }
        }
        Assert.Equal(100, served.Count);
    }

    [Fact]
    public void A_closed_descriptor_that_was_not_removed_does_not_disturb_others()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        using var other = new ConnectedPair();
        int closed = Libc.Duplicate(pair.Descriptor);
        poller.Add(closed, 1, Interest.Readable, Trigger.Dispatch);
        Libc.Close(closed);
        other.SendFromFar();
        poller.Add(other.Descriptor, 2, Interest.Readable);
        bool served = false;
        for (int i = 0; i < 3; i++)
            served |= _events.AsSpan(0, poller.Wait(_events, Patience)).Contains(new PollEvent(2, Readiness.Readable));
        Assert.True(served);
    }
}
