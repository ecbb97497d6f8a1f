using System.Runtime.InteropServices;

namespace Penstock.Interop.Linux;

/// <summary>Linux's own functions as they are; <see cref="LinuxLibc"/> is the way to call them.</summary>
internal static unsafe partial class LinuxLibcImports
{
    [LibraryImport("libc")]
    internal static partial int epoll_create1(int flags);

    [LibraryImport("libc")]
    internal static partial int epoll_ctl(int epoll, int operation, int fd, void* registration);

    [LibraryImport("libc")]
    internal static partial int epoll_wait(int epoll, void* events, int count, int timeoutMilliseconds);

    [LibraryImport("libc")]
    internal static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc")]
    internal static partial int accept4(int listener, void* address, uint* addressLength, int flags);

    [LibraryImport("libc")]
    internal static partial int socketpair(int domain, int type, int protocol, int* descriptors);

    // Variadic in C, but Linux passes such arguments in the same registers as fixed ones, on x64 and on arm64.
    [LibraryImport("libc")]
    internal static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport("libc")]
    internal static partial nint mmap(
        void* address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc")]
    internal static partial int munmap(void* address, nuint length);

    /// <summary>MREMAP_MAYMOVE</summary>
    internal const int MremapMayMove = 1;

    // Its fifth argument is only for MREMAP_FIXED.
    [LibraryImport("libc")]
    internal static partial nint mremap(void* address, nuint oldLength, nuint newLength, int flags);
}
