using Penstock.Interop.Posix;

namespace Penstock.Interop.Linux;

/// <summary>System calls only Linux has, by the convention of <see cref="Libc"/>.</summary>
internal static unsafe class LinuxLibc
{
    internal const int EpollAdd = 1;
    internal const int EpollDelete = 2;
    internal const int EpollModify = 3;

    internal const uint EpollOneShot = 1u << 30;
    internal const uint EpollEdge = 1u << 31;

    private const int UnixDomain = 1;
    private const int Stream = 1;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;

    /// <summary>
    /// Waits until a registered descriptor is ready; the number of events written. An interrupted wait is 0, like one
    /// that timed out: only the caller knows its deadline.
    /// </summary>
    internal static int EpollWait(int epoll, byte* events, int count, int timeoutMilliseconds)
    {
        int result = SystemCall.Result(LinuxLibcImports.epoll_wait(epoll, events, count, timeoutMilliseconds));
        return result == SystemCall.Interrupted ? 0 : result;
    }

    /// <summary>Changes one registration, whose events will carry <paramref name="data"/>.</summary>
    internal static int EpollControl(int epoll, int operation, int fd, uint mask, ulong data)
    {
        byte* registration = stackalloc byte[EpollEventBuffer.MaxStride];
        EpollEventBuffer.Write(registration, mask, data);
        return SystemCall.Result(LinuxLibcImports.epoll_ctl(epoll, operation, fd, registration));
    }

    internal static int EpollCreate() => SystemCall.Result(LinuxLibcImports.epoll_create1(CloseOnExec));

    /// <summary>A non-blocking 64-bit counter that is readable while it is not zero.</summary>
    internal static int EventDescriptor() => SystemCall.Result(LinuxLibcImports.eventfd(0, CloseOnExec | NonBlocking));

    /// <summary>
    /// Two connected stream sockets of this machine, non-blocking and not inherited by child processes.
    /// </summary>
    internal static int SocketPair(int* descriptors) => SystemCall.Result(
        LinuxLibcImports.socketpair(UnixDomain, Stream | CloseOnExec | NonBlocking, 0, descriptors));

    /// <summary>
    /// Takes one connection from the backlog, non-blocking and not inherited by child processes. The address is not
    /// asked for: few handlers look at it, and <see cref="Libc.GetPeerName"/> has it later.
    /// </summary>
    internal static int Accept(int listener)
    {
        int result;
        do result = SystemCall.Result(LinuxLibcImports.accept4(listener, null, null, CloseOnExec | NonBlocking));
        while (result == SystemCall.Interrupted);
        return result;
    }
}
