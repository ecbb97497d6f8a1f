using Penstock.Loop;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Tests.Regressions;

/// <summary>How connections are placed when loops of their server have ended.</summary>
public class PlacementRegressions
{
    [Fact]
    public void Least_connections_passes_over_a_loop_that_has_ended() =>
        AssertAllServed(parts => ConnectionPlacement.LeastConnections(parts));

    [Fact]
    public void Round_robin_passes_over_a_loop_that_has_ended() =>
        AssertAllServed(parts => ConnectionPlacement.RoundRobin(parts));

    /// <summary>It looks like room at every question, so asking again must not happen within the answer.</summary>
    [Fact]
    public void A_listener_whose_loops_have_all_ended_tries_again_turn_by_turn()
    {
        var rig = new LoopRig();
        var handler = new RecordingHandler();
        SimulatedListener listener = rig.Listen(handler, place: _ => ConnectionPlacement.LeastConnections(
            [EndedPart(handler), EndedPart(handler)]));
        SimulatedConnection wire = rig.CreateWire();
        listener.Connect(wire);
        for (int turn = 0; turn < 10; turn++)
            rig.Turn();

        Assert.True(wire.IsServerOpen, "it waits for a place");
        Assert.InRange(rig.Loop.Statistics.ListenerPauses, 2, 20);
        Assert.Empty(handler.Calls);
    }

    private static void AssertAllServed(Func<ServerOnLoop[], ConnectionPlacement> place)
    {
        var rig = new LoopRig();
        var handler = new RecordingHandler();
        SimulatedListener listener = rig.Listen(handler, place: part => place([EndedPart(handler), part]));
        for (int i = 0; i < 4; i++)
            listener.Connect(rig.CreateWire());
        rig.Settle();
        Assert.Equal(["opened", "opened", "opened", "opened"], handler.Calls);
    }

    /// <summary>A part on a loop that was another thread's: to this one it is no more than its mailbox.</summary>
    private static ServerOnLoop EndedPart(ConnectionHandler handler)
    {
        ServerOnLoop? part = null;
        var thread = new Thread(() =>
        {
            var rig = new LoopRig();
            part = new ServerOnLoop(rig.Loop, rig.CreateScope(handler));
            rig.Loop.Shutdown(CloseReason.LoopFault);
        });
        thread.Start();
        thread.Join();
        Assert.True(part!.Loop.HasEnded);
        return part;
    }
}
