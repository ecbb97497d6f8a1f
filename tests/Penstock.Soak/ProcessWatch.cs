using System.Diagnostics;

namespace Penstock.Soak;

/// <summary>What the process holds: the most since it was warm, against what it held then.</summary>
internal sealed class ProcessWatch
{
    private const long AllowedMemoryGrowth = 150L * 1024 * 1024;
    private const int AllowedThreadGrowth = 12;

    private long _warmMemory;
    private int _warmThreads;
    private long _mostMemory;
    private int _mostThreads;
    private int _mostDescriptors;

    public void Begin() => (_warmMemory, _warmThreads, _) = Read();

    public void Look()
    {
        (long memory, int threads, int descriptors) = Read();
        _mostMemory = Math.Max(_mostMemory, memory);
        _mostThreads = Math.Max(_mostThreads, threads);
        _mostDescriptors = Math.Max(_mostDescriptors, descriptors);
    }

    /// <summary>
    /// Sockets, pollers and signals; not the files of assemblies, which the runtime opens as it needs them.
    /// </summary>
    public static int Descriptors => OperatingSystem.IsLinux()
        ? Directory.GetFiles("/proc/self/fd").Count(IsOfNoFile)
        : 0;

    public string? Verdict()
    {
        if (_mostMemory > _warmMemory + AllowedMemoryGrowth)
            return $"memory grew from {_warmMemory >> 20} to {_mostMemory >> 20} MiB";
        return _mostThreads > _warmThreads + AllowedThreadGrowth
            ? $"threads grew from {_warmThreads} to {_mostThreads}"
            : null;
    }

    public override string ToString() =>
        $"memory {_warmMemory >> 20} MiB warm, {_mostMemory >> 20} MiB at most; "
        + $"{_mostThreads} threads, {_mostDescriptors} descriptors at most";

    private static bool IsOfNoFile(string path) =>
        new FileInfo(path).LinkTarget is { } target && !target.StartsWith('/');

    private static (long Memory, int Threads, int Descriptors) Read()
    {
        using Process self = Process.GetCurrentProcess();
        return (self.WorkingSet64, self.Threads.Count, Descriptors);
    }
}
