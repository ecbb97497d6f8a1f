using System.Runtime.InteropServices;

namespace Penstock.Interop.Posix;

/// <summary>The convention for results of system calls: what the call returned, or minus the error number.</summary>
/// <remarks>
/// It is the kernel's own convention and that of io_uring, so a driver handles both alike. <c>SetLastError</c> is not
/// used: it clears and stores the error number around every call, also the successful ones. The runtime keeps
/// <c>errno</c> intact on the way back from native code, so reading it after a failure is enough.
/// </remarks>
internal static class SystemCall
{
    /// <summary>A signal arrived before the call did anything. EINTR is 4 on every Unix.</summary>
    internal const int Interrupted = -4;

    /// <summary>Turns -1 into minus the error number. Must be the first thing after the call.</summary>
    internal static int Result(int returned) => returned != -1 ? returned : -Marshal.GetLastSystemError();

    /// <summary>As above for byte counts, which no kernel lets exceed 31 bits in one call.</summary>
    internal static int Result(nint returned) => returned != -1 ? (int)returned : -Marshal.GetLastSystemError();
}
