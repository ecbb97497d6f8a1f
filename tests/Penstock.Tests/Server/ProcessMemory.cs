namespace Penstock.Tests.Server;

/// <summary>What this process has in memory once everything is collected that can be.</summary>
internal readonly record struct ProcessMemory(long ManagedBytes, long ResidentBytes)
{
    public static ProcessMemory AfterCollection()
    {
        // The second collection takes what the finalizers of the first let go.
        for (int i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return new ProcessMemory(GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
    }
}
