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
        int turns = WarmUpTurns;
        Assert.Equal(0, LeastAllocated(() =>
        {
            echoed += Exchange(rig, wire, frame, reply, Turns);
            turns += Turns;
        }));
        Assert.InRange(echoed, (turns - 10) * frame.Length, turns * frame.Length);
    }

    [Fact]
    public void Posting_the_same_work_again_and_again_allocates_nothing()
    {
        const int Posts = 1_000;
        var rig = new LoopRig();
        int posted = 0;
        int ran = 0;
        Action work = () => ran++;
        Post();
        Assert.Equal(0, LeastAllocated(Post));
        Assert.Equal(posted, ran);

        void Post()
        {
            for (int i = 0; i < Posts; i++)
            {
                Assert.True(rig.Loop.Context.Post(work));
                rig.Turn();
            }

            posted += Posts;
        }
    }

    /// <summary>
    /// Of several runs: a collection that another thread causes is charged to whoever runs meanwhile.
    /// </summary>
    private static long LeastAllocated(Action run)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 5 && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
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
