using System.Runtime.InteropServices;

namespace Penstock.Interop.Linux;

/// <summary><c>struct __kernel_timespec</c>, which is the same on every architecture.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KernelTimeSpan
{
    internal long Seconds;
    internal long Nanoseconds;

    /// <summary>A duration that is not negative; the ticks of .NET are hundreds of nanoseconds.</summary>
    internal static KernelTimeSpan From(TimeSpan duration) => new()
    {
        Seconds = duration.Ticks / TimeSpan.TicksPerSecond,
        Nanoseconds = duration.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick,
    };
}
