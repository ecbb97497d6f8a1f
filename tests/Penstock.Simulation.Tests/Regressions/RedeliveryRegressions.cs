using Penstock.Simulation.Network;

namespace Penstock.Simulation.Tests.Regressions;

/// <summary>What simulation of the servers found in how a resumed connection is shown again what it had left.</summary>
public class RedeliveryRegressions
{
    /// <summary>Broadcast, seed 486: the client waited for the end of a connection that waited for nothing.</summary>
    [Fact]
    public void A_peer_that_finishes_is_noticed_after_a_connection_was_resumed_and_paused_within_one_turn()
    {
        var rig = new LoopRig();
        var handler = new RecordingHandler { Received = LeaveTheFirst };
        SimulatedConnection wire = rig.Connect(handler);
        Connection connection = handler.Last!;
        wire.ToServer.Write("a"u8);
        rig.Settle();

        // What was in flight when it was paused arrives before the end of the turn in which it is resumed.
        rig.Loop.Post((_, _) => ResumeReceiveAndPause(connection), null);
        rig.Turn();
        rig.Loop.Post((_, _) => connection.Resume(), null);
        rig.Turn();
        wire.ToServer.Finish();
        rig.Settle();

        Assert.Equal(["opened", "received a", "received ab", "peer finished", "closed PeerFinished"], handler.Calls);
    }

    /// <summary>
    /// Echo, seed 487: between the turn that made room and the one that shows what waited, the machine slept.
    /// </summary>
    [Fact]
    public void A_connection_with_a_request_that_waits_to_be_shown_is_not_idle()
    {
        ServerOptions options = LoopRig.Patient();
        options.IdleTimeout = TimeSpan.FromSeconds(5);
        options.MaxSendQueueBytes = 1;
        options.ResumeSendQueueBytes = 0;
        var rig = new LoopRig(options: options, answersAtOnce: 1);
        var handler = new RecordingHandler { Received = AnswerOneByte };
        SimulatedConnection wire = rig.Connect(handler);

        wire.ToServer.Write("ab"u8);
        rig.Turn();
        rig.Turn();
        rig.Time.AdvanceTo(rig.Time.Now + (60 * VirtualTime.Second));
        rig.Turn();

        Assert.Equal(["opened", "received ab", "received b"], handler.Calls);
    }

    /// <summary>What it waited for was there at once, so it went on before it had said what it leaves.</summary>
    [Fact]
    public void What_a_handler_leaves_is_shown_again_when_it_was_resumed_within_the_call()
    {
        var rig = new LoopRig();
        var handler = new RecordingHandler { Received = PauseResumeAndTakeOneByte };
        SimulatedConnection wire = rig.Connect(handler);

        wire.ToServer.Write("abc"u8);
        rig.Settle();
        wire.ToServer.Finish();
        rig.Settle();

        Assert.Equal(
            ["opened", "received abc", "received bc", "received c", "peer finished", "closed PeerFinished"],
            handler.Calls);
    }

    /// <summary>Whoever resumes without having paused has nothing to wait for, and is shown nothing twice.</summary>
    [Fact]
    public void A_resume_without_a_pause_shows_nothing_again()
    {
        var rig = new LoopRig();
        var handler = new RecordingHandler { Received = ResumeAndLeaveAll };
        SimulatedConnection wire = rig.Connect(handler);

        wire.ToServer.Write("a"u8);
        rig.Settle();

        Assert.Equal(["opened", "received a"], handler.Calls);
    }

    private static int PauseResumeAndTakeOneByte(Connection connection, string text)
    {
        connection.Pause();
        connection.Resume();
        return 1;
    }

    private static int ResumeAndLeaveAll(Connection connection, string text)
    {
        connection.Resume();
        return 0;
    }

    private static int AnswerOneByte(Connection connection, string text)
    {
        connection.Send([(byte)text[0], (byte)'.']);
        return 1;
    }

    private static void ResumeReceiveAndPause(Connection connection)
    {
        connection.Resume();
        connection.OnReceived(1, "b"u8);
        connection.Pause();
    }

    private static int LeaveTheFirst(Connection connection, string text)
    {
        if (text.Length > 1)
            return text.Length;
        connection.Pause();
        return 0;
    }
}
