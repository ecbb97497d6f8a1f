namespace Penstock.Kestrel.Tests;

/// <summary>How long a test waits for what must happen. Never for what must not.</summary>
internal static class Deadline
{
    public static TimeSpan Long { get; } = TimeSpan.FromMinutes(2);

    public static Task<T> Within<T>(this Task<T> task) => task.WaitAsync(Long, TestContext.Current.CancellationToken);

    public static Task Within(this Task task) => task.WaitAsync(Long, TestContext.Current.CancellationToken);

    /// <summary>Waits until a condition holds that nothing announces.</summary>
    public static async Task Until(Func<bool> condition, string what)
    {
        long end = Environment.TickCount64 + (long)Long.TotalMilliseconds;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < end, $"Did not happen: {what}.");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}
