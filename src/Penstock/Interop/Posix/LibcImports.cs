using System.Runtime.InteropServices;

namespace Penstock.Interop.Posix;

/// <summary>The C library's functions as they are; <see cref="Libc"/> is the way to call them.</summary>
/// <remarks>
/// Variadic functions (<c>fcntl</c>, <c>ioctl</c>, <c>open</c>) must stay out with more than their fixed arguments: on
/// Apple arm64 their arguments travel on the stack, and an import with a fixed signature passes garbage.
/// </remarks>
internal static unsafe partial class LibcImports
{
    [LibraryImport("libc")]
    internal static partial int close(int fd);

    [LibraryImport("libc")]
    internal static partial int dup(int fd);

    /// <summary>For requests without an argument only: those are not passed in another way anywhere.</summary>
    [LibraryImport("libc")]
    internal static partial int ioctl(int fd, nuint request);

    [LibraryImport("libc")]
    internal static partial nint read(int fd, void* buffer, nuint length);

    [LibraryImport("libc")]
    internal static partial nint write(int fd, void* buffer, nuint length);

    [LibraryImport("libc")]
    internal static partial nint recv(int fd, void* buffer, nuint length, int flags);

    [LibraryImport("libc")]
    internal static partial nint send(int fd, void* buffer, nuint length, int flags);

    [LibraryImport("libc")]
    internal static partial nint sendmsg(int fd, MessageHeader* message, int flags);

    [LibraryImport("libc")]
    internal static partial int accept(int listener, void* address, uint* addressLength);

    [LibraryImport("libc")]
    internal static partial int connect(int fd, void* address, uint length);

    [LibraryImport("libc")]
    internal static partial int shutdown(int fd, int how);

    [LibraryImport("libc")]
    internal static partial int setsockopt(int fd, int level, int name, void* value, uint length);

    [LibraryImport("libc")]
    internal static partial int getsockopt(int fd, int level, int name, void* value, uint* length);

    [LibraryImport("libc")]
    internal static partial int getsockname(int fd, void* address, uint* length);

    [LibraryImport("libc")]
    internal static partial int getpeername(int fd, void* address, uint* length);

    // nfds_t is 32 bits wide on macOS and the BSDs; a 64-bit register holding a small number serves both.
    [LibraryImport("libc")]
    internal static partial int poll(PollDescriptor* descriptors, nuint count, int timeoutMilliseconds);
}
