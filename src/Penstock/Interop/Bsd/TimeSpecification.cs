using System.Runtime.InteropServices;

namespace Penstock.Interop.Bsd;

/// <summary><c>struct timespec</c> as 64-bit systems lay it out.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpecification
{
    internal long Seconds;
    internal long Nanoseconds;

    internal static TimeSpecification From(TimeSpan duration) => new()
    {
        Seconds = duration.Ticks / TimeSpan.TicksPerSecond,
        Nanoseconds = duration.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick,
    };
}
