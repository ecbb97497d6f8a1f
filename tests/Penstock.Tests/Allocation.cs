namespace Penstock.Tests;

/// <summary>Counts what code allocates on its own thread.</summary>
internal static class Allocation
{
    private const int Attempts = 10;

    /// <summary>
    /// The managed bytes that <paramref name="action"/> allocates once it is warm: the least of several attempts,
    /// because a collection that another thread causes in the middle charges this one with the rest of its allocation
    /// buffer. What the action itself allocates it allocates every time.
    /// </summary>
    public static long Of(Action action)
    {
        action();
        long least = long.MaxValue;
        for (int i = 0; i < Attempts && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
