namespace Penstock.Testing;

/// <summary>Waits for what another thread brings about.</summary>
internal static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Asked without a pause, a machine with few processors has none for what is waited for.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    public static async Task TrueAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, "The condition did not come true in time.");
            await Task.Delay(Pause, CancellationToken.None);
        }
    }

    public static async Task TrueAsync(Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            Assert.False(deadline.IsCancellationRequested, "The condition did not come true in time.");
            await Task.Delay(Pause, CancellationToken.None);
        }
    }
}
