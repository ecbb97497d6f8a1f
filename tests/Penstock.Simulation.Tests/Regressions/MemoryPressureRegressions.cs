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
    /// What it holds comes back with the last completion, which may take the system long. Counted again meanwhile, it
    /// would for ever look as if more were on its way back than is, and nobody else would be closed.
    /// </summary>
    [Fact]
    public void A_message_that_waited_too_long_is_closed_once_however_long_its_close_takes()
    {
        ServerOptions options = LoopRig.Patient();
        options.MaxSendQueueBytes = options.ResumeSendQueueBytes = Limit;
        var rig = new LoopRig(options: options, budget: new MemoryBudget(Limit));
        var filler = new RecordingHandler { Opened = connection => connection.Send(new byte[LongReply]) };
        rig.Connect(filler, toClientBytes: 1);
        rig.Connect(filler, toClientBytes: 1);
        rig.Settle();

        rig.Driver.WithholdsCloses = true;
        Hoarder first = SendTooMuch(rig);
        rig.Pass(LongerThanPatience);
        Assert.Equal(1, rig.Loop.Statistics.MemoryCloses);
        Assert.Null(first.Reason);

        rig.Driver.WithholdsCloses = false;
        rig.Settle();
        Assert.Equal(CloseReason.MemoryExhausted, first.Reason);

        Hoarder second = SendTooMuch(rig);
        rig.Pass(LongerThanPatience);
        Assert.Equal(CloseReason.MemoryExhausted, second.Reason);
        Assert.Equal(2, rig.Loop.Statistics.MemoryCloses);
        Assert.Equal(["opened", "opened"], filler.Calls);
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
