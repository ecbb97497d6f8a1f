using Penstock.Polling;

namespace Penstock.Drivers.Tests.Polling;

public abstract partial class PollerContract
{
    [Fact]
    public void Level_repeats_while_data_is_unread()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 7, Interest.Readable);
        pair.SendFromFar();
        for (int i = 0; i < 5; i++)
            Expect(poller, 7, Readiness.Readable);
    }

    [Fact]
    public void Level_falls_silent_when_all_is_read()
    {
        Assert.SkipWhen(Guesses, "reports everything");
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 7, Interest.Readable);
        pair.SendFromFar();
        Expect(poller, 7, Readiness.Readable);
        Assert.Equal(1, pair.ReadAll());
        ExpectSilence(poller);
    }

    [Fact]
    public void Edge_reports_once_until_new_data_arrives()
    {
        using Poller poller = Create();
        SkipUnlessSupported(poller, Trigger.Edge);
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 7, Interest.Readable, Trigger.Edge);
        pair.SendFromFar();
        Expect(poller, 7, Readiness.Readable);
        ExpectSilence(poller);
        Assert.Equal(1, pair.ReadAll());
        pair.SendFromFar();
        Expect(poller, 7, Readiness.Readable);
    }

    [Fact]
    public void Edge_reports_what_was_there_before_it_was_added()
    {
        using Poller poller = Create();
        SkipUnlessSupported(poller, Trigger.Edge);
        using var pair = new ConnectedPair();
        pair.SendFromFar();
        poller.Add(pair.Descriptor, 7, Interest.Readable, Trigger.Edge);
        Expect(poller, 7, Readiness.Readable);
    }

    [Fact]
    public void One_shot_reports_once_and_adding_arms_it_again()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        pair.SendFromFar();
        for (ulong key = 1; key <= 3; key++)
        {
            poller.Add(pair.Descriptor, key, Interest.Readable, Trigger.OneShot);
            Expect(poller, key, Readiness.Readable);
            ExpectSilence(poller);
        }
    }

    [Fact]
    public void One_shot_that_fired_can_be_removed_and_added_with_another_trigger()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        pair.SendFromFar();
        poller.Add(pair.Descriptor, 1, Interest.Readable, Trigger.OneShot);
        Expect(poller, 1, Readiness.Readable);
        poller.Remove(pair.Descriptor);
        poller.Add(pair.Descriptor, 2, Interest.Readable);
        Expect(poller, 2, Readiness.Readable);
        Expect(poller, 2, Readiness.Readable);
    }

    [Fact]
    public void One_shot_replaces_a_registration_that_has_not_fired()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 1, Interest.Readable, Trigger.OneShot);
        poller.Add(pair.Descriptor, 2, Interest.Readable, Trigger.OneShot);
        pair.SendFromFar();
        Expect(poller, 2, Readiness.Readable);
        ExpectSilence(poller);
    }

    [Fact]
    public void Dispatch_reports_once_and_modifying_arms_it_again()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        pair.SendFromFar();
        poller.Add(pair.Descriptor, 1, Interest.Readable, Trigger.Dispatch);
        Expect(poller, 1, Readiness.Readable);
        ExpectSilence(poller);
        poller.Modify(pair.Descriptor, 2, Interest.Readable, Trigger.Dispatch);
        Expect(poller, 2, Readiness.Readable);
        ExpectSilence(poller);
    }

    [Theory]
    [InlineData(Trigger.Level)]
    [InlineData(Trigger.Edge)]
    [InlineData(Trigger.Dispatch)]
    public void Pausing_is_silent_with_data_pending_and_resuming_reports_it(Trigger trigger)
    {
        using Poller poller = Create();
        SkipUnlessSupported(poller, trigger);
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 1, Interest.Readable, trigger);
        poller.Modify(pair.Descriptor, 1, Interest.None, trigger);
        pair.SendFromFar();
        ExpectSilence(poller);
        poller.Modify(pair.Descriptor, 2, Interest.Readable, trigger);
        Expect(poller, 2, Readiness.Readable);
    }

    [Fact]
    public void A_descriptor_can_be_added_paused()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        pair.SendFromFar();
        poller.Add(pair.Descriptor, 7, Interest.None);
        ExpectSilence(poller);
        poller.Modify(pair.Descriptor, 7, Interest.Readable);
        Expect(poller, 7, Readiness.Readable);
    }

    [Fact]
    public void A_finished_peer_does_not_disturb_a_pause()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 7, Interest.None);
        pair.SendFromFar();
        pair.FinishFromFar();
        ExpectSilence(poller);
        poller.Modify(pair.Descriptor, 7, Interest.Readable);
        Expect(poller, 7, Readiness.Readable | Readiness.ReadClosed);
    }

    [Fact]
    public void A_reset_peer_does_not_spin_a_paused_loop()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 7, Interest.Readable);
        poller.Modify(pair.Descriptor, 7, Interest.None);
        pair.ResetFromFar();
        // The error and the hang-up may come apart, each once.
        Assert.InRange(CountEvents(poller, waits: 100), 0, 2);
        poller.Modify(pair.Descriptor, 7, Interest.Readable);
        Expect(poller, 7, Readiness.Readable | Readiness.HangUp | Readiness.Error);
    }

    [Theory]
    [InlineData(Trigger.OneShot)]
    [InlineData(Trigger.Dispatch)]
    public void A_reset_peer_is_not_reported_after_the_one_event(Trigger trigger)
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        poller.Add(pair.Descriptor, 7, Interest.Writable, trigger);
        Expect(poller, 7, Readiness.Writable);
        pair.ResetFromFar();
        Assert.Equal(0, CountEvents(poller, waits: 100));
    }

    [Fact]
    public void A_missing_trigger_is_refused_by_name()
    {
        using Poller poller = Create();
        using var pair = new ConnectedPair();
        foreach (Trigger trigger in Enum.GetValues<Trigger>().Where(trigger => !poller.Supports(trigger)))
        {
            var refusal = Assert.Throws<NotSupportedException>(
                () => poller.Add(pair.Descriptor, 7, Interest.Readable, trigger));
            Assert.Equal($"{poller.Name} has no edge trigger; it has level, one-shot, dispatch", refusal.Message);
        }
        Assert.False(poller.Supports((Trigger)17));
    }

    private static void SkipUnlessSupported(Poller poller, Trigger trigger) =>
        Assert.SkipUnless(poller.Supports(trigger), $"{poller.Name} has no {trigger} trigger");

    private int CountEvents(Poller poller, int waits)
    {
        int count = 0;
        for (int i = 0; i < waits; i++)
            count += poller.Wait(_events, TimeSpan.FromMilliseconds(i % 10 == 0 ? 1 : 0));
        return count;
    }
}
