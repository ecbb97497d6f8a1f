using System.Runtime.InteropServices;

namespace Penstock.Interop.Linux;

/// <summary><c>struct io_uring_getevents_arg</c>: how long <c>io_uring_enter</c> waits.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoUringWaitArgument
{
    internal ulong SignalMask;
    internal uint SignalMaskSize;
    internal uint MinimumWaitMicroseconds;
    internal KernelTimeSpan* Timeout;
}
