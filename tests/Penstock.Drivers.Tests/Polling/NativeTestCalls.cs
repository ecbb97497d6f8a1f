using System.Runtime.InteropServices;

namespace Penstock.Drivers.Tests.Polling;

/// <summary>What only tests need of the C library.</summary>
internal static partial class NativeTestCalls
{
    /// <summary>SIGWINCH: a signal that means nothing to a test run.</summary>
    internal const int WindowChanged = 28;

    /// <summary>A signal without a handler is ignored and interrupts nothing.</summary>
    internal static IDisposable HandleWindowChanged() =>
        PosixSignalRegistration.Create((PosixSignal)WindowChanged, _ => { });

    /// <summary>Makes one number mean another open file from one moment to the next, as reuse does.</summary>
    [LibraryImport("libc", EntryPoint = "dup2")]
    internal static partial int ReplaceDescriptor(int source, int target);

    [LibraryImport("libc", EntryPoint = "gettid")]
    internal static partial int CurrentThread();

    [LibraryImport("libc", EntryPoint = "tgkill")]
    internal static partial int Signal(int process, int thread, int signal);
}
