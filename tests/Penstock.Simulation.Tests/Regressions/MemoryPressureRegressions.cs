using Penstock.Buffers;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Tests.Regressions;

/// <summary>What is closed when memory is short, and when.</summary>
public class MemoryPressureRegressions
{
    private const int Limit = 1024 * 1024;

    /// <summary>Two replies of this leave less than a quarter free, and a message may only grow to 64 KiB.</summary>
    private const int LongReply = 13 * MemoryBudget.Piece / 2;

    private static readonly TimeSpan LongerThanPatience = TimeSpan.FromSeconds(6);

    /// <summary>
    /// What they hold comes back with the last completion, which may take the system long. Counted again meanwhile, it
    /// would for ever look as if more were on its way back than is, and nobody else would be closed.
    /// </summary>
    [Fact]
    public void Those_that_a_message_waits_for_are_closed_once_however_long_their_close_takes()
    {
        ServerOptions options = LoopRig.Patient();
        options.MaxSendQueueBytes = options.ResumeSendQueueBytes = Limit;
        var rig = new LoopRig(options: options, budget: new MemoryBudget(Limit));
        RecordingHandler unread = FillWithReplies(rig);

        rig.Driver.WithholdsCloses = true;
        Hoarder first = SendTooMuch(rig);
        rig.Pass(LongerThanPatience);
        Assert.Equal(2, rig.Loop.Statistics.MemoryCloses);
        Assert.Equal(["opened", "opened"], unread.Calls);

        rig.Driver.WithholdsCloses = false;
        rig.Settle();
        Assert.Equal(["opened", "opened", "closed MemoryExhausted", "closed MemoryExhausted"], unread.Calls);
        Assert.Null(first.Reason);

        // The first message is stuck by now: it makes way for the second, before those that came later.
        FillWithReplies(rig);
        Hoarder second = SendTooMuch(rig);
        rig.Pass(LongerThanPatience);
        Assert.Equal(CloseReason.MemoryExhausted, first.Reason);
        Assert.Null(second.Reason);
    }

    /// <summary>Two peers that do not read what they were sent.</summary>
    private static RecordingHandler FillWithReplies(LoopRig rig)
    {
        var handler = new RecordingHandler { Opened = connection => connection.Send(new byte[LongReply]) };
        rig.Connect(handler, toClientBytes: 1);
        rig.Connect(handler, toClientBytes: 1);
        rig.Settle();
        return handler;
    }

    private static Hoarder SendTooMuch(LoopRig rig)
    {
        var hoarder = new Hoarder();
        SimulatedConnection wire = rig.Connect(hoarder);
        wire.ToServer.Write(new byte[128 * 1024]);
        for (int turn = 0; turn < 100; turn++)
            rig.Turn();
        return hoarder;
    }

    /// <summary>Waits for more, whatever comes.</summary>
    private sealed class Hoarder : ConnectionHandler
    {
        public CloseReason? Reason { get; private set; }

        public override int OnReceived(Connection connection, ReadOnlySpan<byte> data) => 0;

        public override void OnClosed(Connection connection, CloseReason reason) => Reason = reason;
    }
}
