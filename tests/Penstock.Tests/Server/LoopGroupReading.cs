using Penstock.Loop;

namespace Penstock.Tests.Server;

/// <summary>What a test asks of a loop, answered on that loop.</summary>
internal static class LoopGroupReading
{
    public static Task<T> ReadAsync<T>(this LoopGroup group, Func<T> read, int loop = 0)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        bool posted = group[loop].Post(() =>
        {
            try
            {
                answer.SetResult(read());
            }
            catch (Exception exception)
            {
                answer.SetException(exception);
            }
        });
        Assert.True(posted, "the loop has ended");
        return answer.Task.Bounded();
    }

    /// <summary>
    /// The sum over all loops, because in some models the connection's loop is not the first. Counters may be read from
    /// any thread.
    /// </summary>
    public static long Sum(this LoopGroup group, Func<EventLoop, long> read)
    {
        long sum = 0;
        foreach (EventLoop loop in group.Loops)
            sum += read(loop);
        return sum;
    }

    /// <summary>As <see cref="Sum"/>, after everything that was posted to the loops before.</summary>
    public static async Task<long> SumAsync(this LoopGroup group, Func<EventLoop, long> read)
    {
        for (int loop = 0; loop < group.Count; loop++)
            await group.ReadAsync(() => true, loop);
        return group.Sum(read);
    }

    /// <summary>A group of small loops on the mechanism of <see cref="TestIo"/>.</summary>
    public static LoopGroup Create(int loops = 1, TimeProvider? time = null)
    {
        var options = new LoopOptions { MaxConnectionsPerLoop = 1_024, TimeProvider = time ?? TimeProvider.System };
        TestIo.Apply(options);
        options.Count = loops;
        return new LoopGroup(options);
    }
}
