using Penstock.Buffers;
using Penstock.Loop;
using Penstock.Timing;

namespace Penstock.Tests.Loop;

public sealed class LoopGroupStartTests
{
    [Fact]
    public async Task A_thread_that_is_refused_ends_those_that_were_started_before_it()
    {
        var options = TestIo.Apply(new LoopOptions { MaxConnectionsPerLoop = 16 });
        if (options.Io == IoMechanism.Auto)
            options.Io = IoMechanism.Sockets;
        List<LoopThread> started = [];
        Assert.Throws<IOException>(() => LoopGroup.StartThreads(3, Start));
        Assert.Equal(2, started.Count);
        foreach (LoopThread thread in started)
            await thread.Ended.Bounded();

        LoopThread Start(int index)
        {
            if (index == 2)
                throw new IOException("The system starts no more threads.");
            started.Add(new LoopThread(options, LoopClock.System, MemoryBudget.Unlimited, index));
            return started[index];
        }
    }
}
