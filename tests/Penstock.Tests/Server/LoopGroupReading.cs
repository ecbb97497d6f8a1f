namespace Penstock.Tests.Server;

/// <summary>What a test asks of a loop, answered on that loop.</summary>
internal static class LoopGroupReading
{
    public static Task<T> ReadAsync<T>(this LoopGroup group, Func<T> read, int loop = 0)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        bool posted = group.Post(loop, () =>
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

    /// <summary>A group of small loops on the mechanism of <see cref="TestIo"/>.</summary>
    public static LoopGroup Create(int loops = 1, TimeProvider? time = null)
    {
        var options = new LoopOptions { MaxConnectionsPerLoop = 1_024, TimeProvider = time ?? TimeProvider.System };
        TestIo.Apply(options);
        options.Count = loops;
        return new LoopGroup(options);
    }
}
