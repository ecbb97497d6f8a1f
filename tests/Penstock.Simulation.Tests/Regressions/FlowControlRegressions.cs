using System.Text;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Tests.Regressions;

/// <summary>
/// A relay: what one connection's handler sends on another, it stops receiving for, until the other has drained. Nobody
/// else ever resumes it, so one OnDrained that does not come is a relay that hangs.
/// </summary>
public class FlowControlRegressions
{
    private const int HighMark = 1_000;

    public static TheoryData<SlowConsumerPolicy, double> PoliciesAndAnswers()
    {
        var cases = new TheoryData<SlowConsumerPolicy, double>();
        foreach (SlowConsumerPolicy policy in Enum.GetValues<SlowConsumerPolicy>())
        {
            cases.Add(policy, 0);
            cases.Add(policy, 0.5);
            cases.Add(policy, 1);
        }

        return cases;
    }

    public static MatrixTheoryData<double, int> AnswersAndPayloads { get; } =
        new([0, 0.5, 1], [1, 99, HighMark / 4, HighMark / 2, HighMark, 3 * HighMark]);

    /// <summary>
    /// A send of the target's is outstanding when the source's handler passes the mark, and both happen in one turn:
    /// what completes takes the queue below the mark again before the turn ends. Either order comes up.
    /// </summary>
    [Theory]
    [MemberData(nameof(PoliciesAndAnswers))]
    public void A_send_that_completes_in_the_turn_in_which_the_mark_was_passed_does_not_hide_it(
        SlowConsumerPolicy policy, double answersAtOnce)
    {
        const int roomBytes = 500;
        var rig = new LoopRig(options: Marks(policy), answersAtOnce: answersAtOnce);
        RecordingHandler source = null!;
        var target = new RecordingHandler { Drained = _ => source.Last!.Resume() };
        SimulatedConnection taker = rig.Connect(target, toClientBytes: roomBytes);
        source = new RecordingHandler
        {
            Received = (from, text) =>
            {
                target.Last!.Send(new byte[HighMark]);
                if (target.Last.UnsentBytes > HighMark)
                    from.Pause();
                return text.Length;
            },
        };
        SimulatedConnection giver = rig.Connect(source);
        for (int round = 0; round < 50 && target.Last!.State == ConnectionState.Open; round++)
        {
            rig.Loop.Post((_, _) => target.Last!.Send(new byte[roomBytes + 100]), null);
            rig.Settle();
            giver.ToServer.Write("x"u8);
            while (taker.ToClient.Available > 0)
            {
                LoopRig.ReadAll(taker);
                rig.Settle();
            }

            Assert.True(target.Last!.State != ConnectionState.Open || source.Last!.WantsInput, $"round {round} hangs");
        }

        if (policy == SlowConsumerPolicy.Disconnect)
            Assert.Equal("closed SlowConsumer", target.Calls[^1]);
        else
            target.AssertRelieved();
    }

    [Theory]
    [MemberData(nameof(PoliciesAndAnswers))]
    public void A_relay_that_waits_for_OnDrained_brings_every_byte(SlowConsumerPolicy policy, double answersAtOnce)
    {
        var rig = new LoopRig(options: Marks(policy), answersAtOnce: answersAtOnce);
        RecordingHandler source = null!;
        var target = new RecordingHandler { Drained = _ => source.Last!.Resume() };
        SimulatedConnection taker = rig.Connect(target, toClientBytes: 64 * 1024);
        source = new RecordingHandler
        {
            Received = (from, text) =>
            {
                Connection to = target.Last!;
                for (int sent = 0; sent < text.Length; sent += 100)
                    to.Send(Encoding.ASCII.GetBytes(text[sent..Math.Min(sent + 100, text.Length)]));
                if (to.UnsentBytes > HighMark)
                    from.Pause();
                return text.Length;
            },
        };
        SimulatedConnection giver = rig.Connect(source);

        byte[] sent = new byte[20_000];
        for (int i = 0; i < sent.Length; i++)
            sent[i] = (byte)('a' + (i % 26));
        giver.ToServer.Write(sent);
        rig.Settle();

        Assert.Equal(sent, LoopRig.ReadAll(taker));
        target.AssertRelieved();
    }

    [Theory]
    [MemberData(nameof(PoliciesAndAnswers))]
    public void Posted_work_that_passes_the_mark_again_and_again_hears_of_each_end(
        SlowConsumerPolicy policy, double answersAtOnce)
    {
        var rig = new LoopRig(options: Marks(policy), answersAtOnce: answersAtOnce);
        int rounds = 0;
        var target = new RecordingHandler { Drained = _ => rounds++ };
        rig.Connect(target);
        for (int round = 1; round <= 5; round++)
        {
            rig.Loop.Post(
                (_, _) =>
                {
                    Span<byte> span = target.Last!.GetSpan(HighMark + round);
                    span[..(HighMark + 1)].Clear();
                    target.Last.Advance(HighMark + 1);
                },
                null);
            rig.Settle();
            Assert.Equal(round, rounds);
        }

        target.AssertRelieved();
    }

    [Theory]
    [MemberData(nameof(PoliciesAndAnswers))]
    public void A_payload_that_passes_the_mark_is_told_of_and_so_is_the_end(
        SlowConsumerPolicy policy, double answersAtOnce)
    {
        var rig = new LoopRig(options: Marks(policy), answersAtOnce: answersAtOnce);
        var target = new RecordingHandler();
        rig.Connect(target);
        using SharedPayload payload = SharedPayload.Copy(new byte[600]);
        rig.Loop.Post(
            (_, _) =>
            {
                target.Last!.Send(payload);
                target.Last.Send(payload);
            },
            null);
        rig.Settle();

        Assert.Equal(["congested", "drained"], target.Marks);
    }

    /// <summary>
    /// What a peer that does not read costs under DropOldest, at every moment: the mark; or, where messages are long,
    /// what an outstanding send covers and the newest one. It does not matter how many come in one turn, or for how
    /// long the send is outstanding.
    /// </summary>
    [Theory]
    [MemberData(nameof(AnswersAndPayloads))]
    public void However_much_is_published_at_once_a_silent_peer_costs_its_bound(
        double answersAtOnce, int payloadBytes)
    {
        const int roomBytes = 700;
        int bound = Math.Max(HighMark, (HighMark / 2) - 1 + (2 * payloadBytes));
        var rig = new LoopRig(options: Marks(SlowConsumerPolicy.DropOldest), answersAtOnce: answersAtOnce);
        var target = new RecordingHandler();
        SimulatedConnection wire = rig.Connect(target, toClientBytes: roomBytes);
        using SharedPayload payload = SharedPayload.Copy(new byte[payloadBytes]);
        int most = 0;
        for (int round = 0; round < 20; round++)
        {
            rig.Loop.Post((_, _) => PublishMany(), null);
            rig.Turn();
            if (round % 5 == 4)
                LoopRig.ReadAll(wire);
        }

        Assert.InRange(most, HighMark - payloadBytes, bound);
        Assert.True(target.Last!.DroppedPayloads > 0, "Nothing was dropped.");

        void PublishMany()
        {
            for (int i = 0; i < 3 * HighMark; i += payloadBytes)
            {
                target.Last!.Send(payload);
                most = Math.Max(most, target.Last.UnsentBytes);
            }
        }
    }

    private static ServerOptions Marks(SlowConsumerPolicy policy)
    {
        ServerOptions options = LoopRig.Patient();
        options.MaxSendQueueBytes = HighMark;
        options.ResumeSendQueueBytes = HighMark / 4;
        options.SlowConsumer = policy;
        return options;
    }
}
