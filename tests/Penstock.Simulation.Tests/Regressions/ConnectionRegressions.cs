using Penstock.Simulation.Network;

namespace Penstock.Simulation.Tests.Regressions;

/// <summary>What simulation found in <see cref="Connection"/>, each reduced to the few steps that it takes.</summary>
public class ConnectionRegressions
{
    [Fact]
    public void A_peer_that_finished_is_the_reason_of_the_close()
    {
        var rig = new LoopRig();
        var handler = new RecordingHandler();
        SimulatedConnection wire = rig.Connect(handler);

        wire.ToServer.Finish();
        rig.Settle();

        Assert.Equal(["opened", "peer finished", "closed PeerFinished"], handler.Calls);
    }

    [Fact]
    public void What_a_send_covered_when_its_connection_ended_is_not_kept_from_the_next()
    {
        ServerOptions options = LoopRig.Patient();
        options.MaxSendQueueBytes = 10;
        options.ResumeSendQueueBytes = 0;
        options.SlowConsumer = SlowConsumerPolicy.DropOldest;
        var rig = new LoopRig(slots: 1, options: options);
        var handler = new RecordingHandler();
        rig.Connect(handler);
        handler.Last!.Send(new byte[1_000]);
        rig.Turn();
        handler.Last.Abort();
        rig.Settle();

        rig.Connect(handler);
        handler.Last.HoldOutput();
        using SharedPayload payload = SharedPayload.Copy(new byte[300]);
        handler.Last.Send(payload);
        handler.Last.Send(payload);

        Assert.Equal(["opened", "closed LocalClose", "opened"], handler.Calls);
        Assert.Equal(1, handler.Last.DroppedPayloads);
    }

    [Fact]
    public void A_FIN_does_not_overtake_the_requests_that_backpressure_kept_back()
    {
        ServerOptions options = LoopRig.Patient();
        options.MaxSendQueueBytes = 1;
        options.ResumeSendQueueBytes = 0;
        var rig = new LoopRig(options: options);
        var handler = new RecordingHandler { Received = AnswerOneByte };
        SimulatedConnection wire = rig.Connect(handler);

        wire.ToServer.Write("abc"u8);
        wire.ToServer.Finish();
        rig.Settle();

        Assert.Equal("a.b.c."u8, LoopRig.ReadAll(wire));
    }

    [Fact]
    public void A_handler_that_goes_on_sending_is_told_once_that_its_peer_finished()
    {
        ServerOptions options = LoopRig.Patient();
        options.MaxSendQueueBytes = 10;
        options.ResumeSendQueueBytes = 0;
        var rig = new LoopRig(options: options);
        var handler = new RecordingHandler { PeerFinished = connection => connection.Send(new byte[100]) };
        SimulatedConnection wire = rig.Connect(handler);

        wire.ToServer.Finish();
        rig.Settle();

        Assert.Equal(["opened", "peer finished"], handler.Calls);
        Assert.Equal(100, wire.ToClient.Available);
    }

    [Fact]
    public void A_pause_does_not_lift_the_deadline_of_the_first_message()
    {
        ServerOptions options = LoopRig.Patient();
        options.FirstMessageTimeout = TimeSpan.FromSeconds(5);
        var rig = new LoopRig(options: options);
        var handler = new RecordingHandler { Opened = connection => connection.Pause() };
        rig.Connect(handler);

        rig.Pass(TimeSpan.FromSeconds(6));
        handler.Last!.Resume();
        rig.Pass(TimeSpan.FromSeconds(6));

        Assert.Equal(["opened", "closed FirstMessageTimeout"], handler.Calls);
    }

    [Fact]
    public void A_connection_that_is_resumed_has_its_whole_idle_timeout_before_it()
    {
        ServerOptions options = LoopRig.Patient();
        options.IdleTimeout = TimeSpan.FromSeconds(5);
        var rig = new LoopRig(options: options);
        var handler = new RecordingHandler { Opened = connection => connection.Pause() };
        rig.Connect(handler);

        rig.Pass(TimeSpan.FromSeconds(4.5));
        handler.Last!.Resume();
        rig.Pass(TimeSpan.FromSeconds(4));

        Assert.Equal(["opened"], handler.Calls);
    }

    /// <summary>
    /// What is written while a turn's output is sent leaves with the next turn, and that one may come late.
    /// </summary>
    [Fact]
    public void A_peer_is_not_idle_while_the_loop_has_yet_to_send_it_something()
    {
        ServerOptions options = LoopRig.Patient();
        options.IdleTimeout = TimeSpan.FromSeconds(5);
        options.MaxSendQueueBytes = 1;
        options.ResumeSendQueueBytes = 0;
        var rig = new LoopRig(options: options, answersAtOnce: 1);
        bool more = true;
        var handler = new RecordingHandler
        {
            Received = AnswerOneByte,
            Drained = connection =>
            {
                connection.Send(more ? "x"u8 : default);
                more = false;
            },
        };
        SimulatedConnection wire = rig.Connect(handler);
        wire.ToServer.Write("a"u8);
        while (more)
            rig.Turn();
        Assert.Equal(1, handler.Last!.UnsentBytes);

        rig.Time.AdvanceTo(rig.Time.Now + (6 * VirtualTime.Second));
        rig.Turn();
        rig.Pass(TimeSpan.FromSeconds(4));
        Assert.Equal(["opened", "received a"], handler.Calls);
        Assert.Equal("a.x"u8, LoopRig.ReadAll(wire));

        rig.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal("closed IdleTimeout", handler.Calls[^1]);
    }

    [Fact]
    public void A_peer_that_takes_what_it_is_sent_is_not_idle()
    {
        ServerOptions options = LoopRig.Patient();
        options.IdleTimeout = TimeSpan.FromSeconds(5);
        var rig = new LoopRig(options: options, answersAtOnce: 1);
        var handler = new RecordingHandler();
        rig.Connect(handler);
        for (int second = 0; second < 20; second++)
        {
            rig.Loop.Post((_, _) => handler.Last!.Send("tick"u8), null);
            rig.Pass(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(["opened"], handler.Calls);
        rig.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(["opened", "closed IdleTimeout"], handler.Calls);
    }

    [Fact]
    public void What_a_peer_takes_does_not_stand_for_its_first_message()
    {
        ServerOptions options = LoopRig.Patient();
        options.FirstMessageTimeout = TimeSpan.FromSeconds(5);
        var rig = new LoopRig(options: options, answersAtOnce: 1);
        var handler = new RecordingHandler();
        rig.Connect(handler);
        for (int second = 0; second < 6; second++)
        {
            rig.Loop.Post((_, _) => handler.Last!.Send("tick"u8), null);
            rig.Pass(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(["opened", "closed FirstMessageTimeout"], handler.Calls);
    }

    [Fact]
    public void A_connection_that_is_closed_within_a_message_is_reset()
    {
        var rig = new LoopRig();
        var handler = new RecordingHandler
        {
            Received = (connection, text) =>
            {
                connection.ResetOnClose = text[0] == 'a';
                connection.Send("begun"u8);
                connection.Close();
                connection.ResetOnClose = false;
                return text.Length;
            },
        };
        SimulatedConnection cut = rig.Connect(handler);
        SimulatedConnection whole = rig.Connect(handler);

        cut.ToServer.Write("a"u8);
        whole.ToServer.Write("b"u8);
        rig.Settle();

        Assert.True(cut.IsClientReset);
        Assert.False(whole.IsClientReset);
        Assert.Equal("begun"u8, LoopRig.ReadAll(whole));
    }

    [Fact]
    public void What_a_slow_reader_asks_for_is_bounded_although_receiving_starts_and_stops()
    {
        ServerOptions options = LoopRig.Patient();
        options.MaxSendQueueBytes = 1;
        options.ResumeSendQueueBytes = 0;
        options.MaxMessageBytes = 1;
        var rig = new LoopRig(options: options);
        long consumed = 0;
        var handler = new RecordingHandler
        {
            Received = (connection, text) =>
            {
                consumed++;
                return AnswerOneByte(connection, text);
            },
        };
        SimulatedConnection wire = rig.Connect(handler);
        var slot = rig.Driver.Find(handler.Last!.Key)!;

        wire.ToServer.Write(new byte[20_000]);
        for (int turn = 0; turn < 500; turn++)
        {
            rig.Turn();
            Assert.InRange(slot.DeliveredBytes - consumed, 0, LoopRig.ReceiveBufferBytes);
        }

        Assert.True(consumed >= 400, $"only {consumed} requests were handled");
    }

    private static int AnswerOneByte(Connection connection, string text)
    {
        connection.Send([(byte)text[0], (byte)'.']);
        return 1;
    }
}
