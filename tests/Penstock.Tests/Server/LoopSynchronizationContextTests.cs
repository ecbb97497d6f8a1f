namespace Penstock.Tests.Server;

public sealed class LoopSynchronizationContextTests
{
    [Fact]
    public async Task What_a_handler_awaits_resumes_on_its_loop()
    {
        await using var group = new LoopGroup(TestIo.Apply(new LoopOptions(), count: 2));
        var threads = new TaskCompletionSource<(int Before, int After)>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        var elsewhere = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        group[group.Count - 1].Post(() => _ = AwaitAsync());
        elsewhere.SetResult();

        (int before, int after) = await threads.Task.Bounded();
        Assert.Equal(before, after);

        async Task AwaitAsync()
        {
            int thread = Environment.CurrentManagedThreadId;
            await elsewhere.Task;
            await Task.Yield();
            threads.SetResult((thread, Environment.CurrentManagedThreadId));
        }
    }

    [Fact]
    public async Task What_is_awaited_when_the_loop_has_ended_still_finishes()
    {
        var group = new LoopGroup(TestIo.Apply(new LoopOptions()));
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var finished = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        group[0].Post(() => _ = AwaitAsync());
        await started.Task.Bounded();
        await group.DisposeAsync();

        gate.SetResult();

        await finished.Task.Bounded();
        Assert.True(finished.Task.IsCompletedSuccessfully);

        async Task AwaitAsync()
        {
            started.SetResult();
            await gate.Task;
            finished.SetResult();
        }
    }

    [Fact]
    public async Task What_is_sent_on_the_loop_itself_runs_at_once_and_a_copy_is_the_same_loop()
    {
        await using var group = new LoopGroup(TestIo.Apply(new LoopOptions()));
        (bool ran, bool isSame) = await group.ReadAsync(() =>
        {
            SynchronizationContext loop = SynchronizationContext.Current!;
            bool ran = false;
            loop.Send(_ => ran = true, null);
            return (ran, ReferenceEquals(loop, loop.CreateCopy()));
        });
        Assert.True(ran);
        Assert.True(isSame);
    }

    [Fact]
    public async Task A_loop_cannot_be_waited_for_from_another_thread()
    {
        await using var group = new LoopGroup(TestIo.Apply(new LoopOptions()));
        var context = new TaskCompletionSource<SynchronizationContext?>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        group[0].Post(() => context.SetResult(SynchronizationContext.Current));
        SynchronizationContext? loop = await context.Task.Bounded();

        Assert.NotNull(loop);
        Assert.Throws<NotSupportedException>(() => loop.Send(_ => { }, null));
    }
}
