using System.Net;
using System.Net.Sockets;
using Penstock.Net;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Tests.Regressions;

/// <summary>
/// A driver that fails takes its loop with it, and every handler still hears the end of its connections.
/// </summary>
public class BrokenDriverTests
{
    private static readonly IOException Broken = new("The kernel has failed.");

    private readonly LoopRig _rig = new();
    private readonly RecordingHandler _handler = new();

    [Fact]
    public void Connections_are_closed_when_the_driver_cannot_wait()
    {
        _rig.Connect(_handler);
        _rig.Connect(_handler);
        _rig.Settle();

        _rig.Driver.WaitFailure = Broken;
        Assert.Same(Broken, Assert.Throws<IOException>(_rig.Loop.RunTurn));
        EndBroken();

        Assert.Equal(["opened", "opened", "closed LoopFault", "closed LoopFault"], _handler.Calls);
        Assert.Equal(0, _rig.Loop.ConnectionCount);
    }

    [Fact]
    public void Connections_are_closed_when_the_driver_cannot_even_close()
    {
        bool listenerClosed = false;
        _rig.Connect(_handler);
        _rig.Connect(_handler);
        _rig.Listen(_handler, closed: () => listenerClosed = true);
        _rig.Settle();

        _rig.Driver.WaitFailure = _rig.Driver.CloseFailure = Broken;
        EndBroken();

        Assert.Equal(["opened", "opened", "closed LoopFault", "closed LoopFault"], _handler.Calls);
        Assert.True(listenerClosed, "whoever waits for the listener goes on");
    }

    [Fact]
    public void A_connection_that_was_closing_keeps_its_reason()
    {
        _rig.Connect(_handler);
        _rig.Driver.WithholdsCloses = true;
        _handler.Last!.Abort();
        _rig.Turn();

        _rig.Driver.WaitFailure = Broken;
        EndBroken();

        Assert.Equal(["opened", "closed LocalClose"], _handler.Calls);
    }

    [Fact]
    public void An_attempt_to_connect_is_given_up()
    {
        var connected = new TaskCompletionSource<ConnectionId>();
        SimulatedConnection wire = _rig.CreateWire();
        wire.OpenServer();
        _rig.Loop.Connect(
            _rig.CreateScope(_handler),
            SocketHandle.FromModel(wire),
            new SocketAddress(AddressFamily.InterNetwork),
            connected);

        _rig.Driver.WaitFailure = Broken;
        EndBroken();

        Assert.True(connected.Task.IsCanceled);
        Assert.Empty(_handler.Calls);
    }

    [Fact]
    public void A_driver_that_takes_too_long_to_close_is_not_waited_for()
    {
        bool listenerClosed = false;
        _rig.Connect(_handler);
        _rig.Listen(_handler, closed: () => listenerClosed = true);
        _rig.Settle();

        _rig.Driver.WithholdsCloses = true;
        _rig.Loop.Shutdown(CloseReason.ServerShutdown);

        Assert.Equal(["opened", "closed ServerShutdown"], _handler.Calls);
        Assert.True(listenerClosed, "whoever waits for the listener goes on");
    }

    [Fact]
    public void What_a_send_still_covers_is_given_to_nobody_else()
    {
        _rig.Connect(_handler);
        _handler.Last!.Send(new byte[100]);
        _rig.Driver.WithholdsCloses = true;
        _rig.Loop.Post((_, _) => _rig.Driver.WaitFailure = Broken, null);
        _rig.Loop.RunTurn();
        EndBroken();

        Assert.Equal(["opened", "closed LoopFault"], _handler.Calls);
        Assert.True(_rig.Loop.Blocks.RentedBytes > 0, "the kernel may read the block until the driver is disposed");
    }

    private void EndBroken() =>
        Assert.Same(Broken, Assert.Throws<IOException>(() => _rig.Loop.Shutdown(CloseReason.LoopFault)));
}
