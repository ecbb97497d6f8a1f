using System.Runtime.InteropServices;

namespace Penstock.KeyValue.Interop;

/// <summary>The C library's functions as they are; <see cref="FileCalls"/> is the way to call them.</summary>
/// <remarks>
/// Offsets are <c>off_t</c>, which has 64 bits on every 64-bit Unix. <c>openat</c> is variadic: where its last argument
/// travels as the others do, an import with a fixed signature is right. On Apple arm64 it travels on the stack, and
/// what has no place in the eight registers does too.
/// </remarks>
internal static unsafe partial class FileImports
{
    [LibraryImport("libc")]
    internal static partial int openat(int directory, byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "openat")]
    internal static partial int openat_apple(
        int directory, byte* path, int flags, nint skip3, nint skip4, nint skip5, nint skip6, nint skip7, nint mode);

    [LibraryImport("libc")]
    internal static partial int close(int descriptor);

    [LibraryImport("libc")]
    internal static partial nint pread(int descriptor, byte* buffer, nuint count, long offset);

    [LibraryImport("libc")]
    internal static partial nint pwrite(int descriptor, byte* buffer, nuint count, long offset);

    [LibraryImport("libc")]
    internal static partial int ftruncate(int descriptor, long length);

    [LibraryImport("libc")]
    internal static partial long lseek(int descriptor, long offset, int origin);

    [LibraryImport("libc")]
    internal static partial int fsync(int descriptor);

    /// <summary>For commands without an argument only: those are passed the same way everywhere.</summary>
    [LibraryImport("libc")]
    internal static partial int fcntl(int descriptor, int command);

    [LibraryImport("libc")]
    internal static partial int flock(int descriptor, int operation);

    [LibraryImport("libc")]
    internal static partial int mkdir(byte* path, uint mode);

    [LibraryImport("libc")]
    internal static partial int renameat(int fromDirectory, byte* from, int toDirectory, byte* to);

    [LibraryImport("libc")]
    internal static partial int linkat(int fromDirectory, byte* from, int toDirectory, byte* to, int flags);

    [LibraryImport("libc")]
    internal static partial int unlinkat(int directory, byte* path, int flags);

    /// <summary>Linux.</summary>
    [LibraryImport("libc")]
    internal static partial int statx(int directory, byte* path, int flags, uint mask, byte* result);

    [LibraryImport("libc")]
    internal static partial int stat(byte* path, byte* result);

    [LibraryImport("libc")]
    internal static partial int fstat(int descriptor, byte* result);

    /// <summary>What <c>stat</c> means to a C compiler on macOS for x64.</summary>
    [LibraryImport("libc", EntryPoint = "stat$INODE64")]
    internal static partial int stat_inode64(byte* path, byte* result);

    [LibraryImport("libc", EntryPoint = "fstat$INODE64")]
    internal static partial int fstat_inode64(int descriptor, byte* result);
}
