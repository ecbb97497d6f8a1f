using System.Globalization;

namespace Penstock.Tests.Server;

/// <summary>What this process holds of the system: counted in <c>/proc</c>, so on Linux alone.</summary>
internal readonly record struct ProcessResources(int Descriptors, int LoopThreads)
{
    public static ProcessResources Now()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Descriptors and threads are counted in /proc.");
        return new ProcessResources(
            Directory.GetFileSystemEntries("/proc/self/fd").Length,
            Directory.GetDirectories("/proc/self/task").Count(IsLoop));
    }

    /// <summary>
    /// Skips where so many descriptors may not be open; .NET has raised the soft limit to the hard one.
    /// </summary>
    public static void SkipUnlessDescriptors(int needed)
    {
        if (!OperatingSystem.IsLinux())
            return;
        string line = File.ReadLines("/proc/self/limits")
            .First(limit => limit.StartsWith("Max open files", StringComparison.Ordinal));
        string soft = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
        bool enough = soft == "unlimited" || int.Parse(soft, CultureInfo.InvariantCulture) >= needed;
        Assert.SkipUnless(enough, $"This needs {needed} descriptors, and the limit is {soft}.");
    }

    private static bool IsLoop(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).StartsWith("penstock-loop", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // The thread ended meanwhile.
            return false;
        }
    }
}
