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
}
