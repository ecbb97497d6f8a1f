using System.Net;
using System.Net.Sockets;
using Penstock.Connections;
using Penstock.Net;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Tests.Regressions;

/// <summary>What simulation found in the loop, its listeners and its mailbox.</summary>
public class LoopRegressions
{
    [Fact]
    public void A_listener_does_not_spin_while_another_server_holds_all_slots_of_its_loop()
    {
        var rig = new LoopRig(slots: 1, faults: FaultPlan.None(new SeededGenerator(1)).With(Fault.PauseOvershoot, 1));
        var handler = new RecordingHandler();
        SimulatedListener listener = rig.Listen(handler, maxConnections: 5);
        SimulatedConnection first = rig.CreateWire();
        listener.Connect(first);
        listener.Connect(rig.CreateWire());
        listener.Connect(rig.CreateWire());
        rig.Settle();
        Assert.Equal(["opened"], handler.Calls);

        first.ToServer.Finish();
        first.CloseByClient();
        rig.Settle();

        Assert.Equal(["opened", "peer finished", "closed PeerFinished", "opened"], handler.Calls);
    }

    [Fact]
    public void A_connection_that_is_posted_while_the_loop_ends_is_closed_as_well_as_opened()
    {
        var rig = new LoopRig();
        var handler = new RecordingHandler();
        SimulatedConnection wire = rig.CreateWire();
        rig.Loop.Post(
            (_, _) =>
            {
                wire.OpenServer();
                Assert.True(rig.Loop.TryAdopt(rig.CreateScope(handler), SocketHandle.FromModel(wire)));
            },
            null);

        rig.Loop.Shutdown(CloseReason.ServerShutdown);

        Assert.Equal(["opened", "closed ServerShutdown"], handler.Calls);
        Assert.Equal(0, rig.Driver.SlotsInUse);
    }

    [Fact]
    public void An_attempt_to_connect_that_is_posted_while_the_loop_ends_ends_too()
    {
        var rig = new LoopRig();
        SimulatedConnection wire = rig.CreateWire();
        var connected = new TaskCompletionSource<ConnectionId>();
        rig.Loop.Post(
            (_, _) =>
            {
                wire.OpenServer();
                var remote = new SocketAddress(AddressFamily.InterNetwork);
                ConnectionScope scope = rig.CreateScope(new RecordingHandler());
                rig.Loop.Connect(scope, SocketHandle.FromModel(wire), remote, connected);
            },
            null);

        rig.Loop.Shutdown(CloseReason.ServerShutdown);

        Assert.True(connected.Task.IsCanceled);
    }

    [Fact]
    public void Listeners_are_closed_before_the_loop_ends()
    {
        var rig = new LoopRig();
        rig.Listen(new RecordingHandler());

        rig.Loop.Shutdown(CloseReason.ServerShutdown);

        Assert.Equal(0, rig.Driver.SlotsInUse);
    }
}
