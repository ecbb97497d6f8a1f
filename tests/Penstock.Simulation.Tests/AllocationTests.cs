using Penstock.Simulation.Network;
using Penstock.Simulation.Tests.Regressions;
using Penstock.Simulation.Tests.Scenarios;

namespace Penstock.Simulation.Tests;

public class AllocationTests
{
    private const int WarmUpTurns = 20_000;
    private const int Turns = 10_000;

    [Fact]
    public void Ten_thousand_turns_of_echo_allocate_nothing()
    {
        var rig = new LoopRig();
        SimulatedConnection wire = rig.Connect(new EchoHandler());
        byte[] frame = [4, 0, 0, 0, 1, 2, 3, 4];
        byte[] reply = new byte[64];
        long echoed = Exchange(rig, wire, frame, reply, WarmUpTurns);

        // The least of several runs: a collection that another thread causes is charged to whoever runs meanwhile.
        long least = long.MaxValue;
        int turns = WarmUpTurns;
        for (int i = 0; i < 5 && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            echoed += Exchange(rig, wire, frame, reply, Turns);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            turns += Turns;
        }

        Assert.Equal(0, least);
        Assert.InRange(echoed, (turns - 10) * frame.Length, turns * frame.Length);
    }

    private static long Exchange(LoopRig rig, SimulatedConnection wire, byte[] frame, byte[] reply, int turns)
    {
        long echoed = 0;
        for (int turn = 0; turn < turns; turn++)
        {
            wire.ToServer.Write(frame);
            rig.Turn();
            echoed += wire.ToClient.Read(reply);
        }

        return echoed;
    }
}
