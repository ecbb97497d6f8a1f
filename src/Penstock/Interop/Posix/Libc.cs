namespace Penstock.Interop.Posix;

/// <summary>
/// The system calls every Unix has. Each returns what the call returned, or minus the error number; an interrupted call
/// is made again here, unless its summary says otherwise, so no caller ever sees EINTR.
/// </summary>
internal static unsafe class Libc
{
    internal const int ShutdownReceive = 0;
    internal const int ShutdownSend = 1;
    internal const int ShutdownBoth = 2;

    private static readonly int SocketLevel = OperatingSystem.IsLinux() ? 1 : 0xFFFF;
    private static readonly int ErrorOption = OperatingSystem.IsLinux() ? 4 : 0x1007;

    // macOS gained the flag late and does not need it: the runtime ignores SIGPIPE for the whole process. The flag is
    // for programs that bring their own handler for it.
    private static readonly int NoSignal =
        OperatingSystem.IsLinux() ? 0x4000 : OperatingSystem.IsFreeBSD() ? 0x20000 : 0;

    /// <summary>FIOCLEX.</summary>
    private const nuint LinuxCloseOnExec = 0x5451, BsdCloseOnExec = 0x20006601;

    private static readonly int DoNotWait = OperatingSystem.IsLinux() ? 0x40 : 0x80;

    /// <summary>Reads what has arrived. 0: the peer finished sending.</summary>
    internal static int Receive(int fd, byte* buffer, nint length)
    {
        int result;
        do result = SystemCall.Result(LibcImports.recv(fd, buffer, (nuint)length, 0));
        while (result == SystemCall.Interrupted);
        return result;
    }

    /// <summary>Hands bytes to the kernel, which may take fewer than offered. Never raises SIGPIPE.</summary>
    internal static int Send(int fd, byte* buffer, nint length)
    {
        int result;
        do result = SystemCall.Result(LibcImports.send(fd, buffer, (nuint)length, NoSignal));
        while (result == SystemCall.Interrupted);
        return result;
    }

    /// <summary>
    /// As <see cref="Send"/> for bytes in several places. Not <c>writev</c>, which cannot hold SIGPIPE back.
    /// </summary>
    internal static int SendMessage(int fd, IoVector* vectors, int count)
    {
        MessageHeader message = new() { Vectors = vectors, VectorCount = (nuint)count };
        int result;
        do result = SystemCall.Result(LibcImports.sendmsg(fd, &message, NoSignal));
        while (result == SystemCall.Interrupted);
        return result;
    }

    /// <summary>
    /// As <see cref="SendMessage"/>, and says EAGAIN rather than wait also when the descriptor would block.
    /// </summary>
    internal static int SendMessageWithoutWaiting(int fd, IoVector* vectors, int count)
    {
        MessageHeader message = new() { Vectors = vectors, VectorCount = (nuint)count };
        int result;
        do result = SystemCall.Result(LibcImports.sendmsg(fd, &message, NoSignal | DoNotWait));
        while (result == SystemCall.Interrupted);
        return result;
    }

    internal static int Read(int fd, void* buffer, nint length)
    {
        int result;
        do result = SystemCall.Result(LibcImports.read(fd, buffer, (nuint)length));
        while (result == SystemCall.Interrupted);
        return result;
    }

    internal static int Write(int fd, void* buffer, nint length)
    {
        int result;
        do result = SystemCall.Result(LibcImports.write(fd, buffer, (nuint)length));
        while (result == SystemCall.Interrupted);
        return result;
    }

    /// <summary>
    /// Waits until a descriptor is ready; the number that are. An interrupted wait is 0, like one that timed out: only
    /// the caller knows its deadline.
    /// </summary>
    internal static int Poll(PollDescriptor* descriptors, nuint count, int timeoutMilliseconds)
    {
        int result = SystemCall.Result(LibcImports.poll(descriptors, count, timeoutMilliseconds));
        return result == SystemCall.Interrupted ? 0 : result;
    }

    /// <summary>
    /// Takes one connection from the backlog. On macOS and the BSDs it is non-blocking when the listener is; on Linux
    /// it is not, which has a call of its own for that.
    /// </summary>
    internal static int Accept(int listener)
    {
        int result;
        do result = SystemCall.Result(LibcImports.accept(listener, null, null));
        while (result == SystemCall.Interrupted);
        return result;
    }

    /// <summary>
    /// Starts a connection. Not repeated when interrupted: the attempt goes on by itself, so EINTR means what
    /// EINPROGRESS means, and a second call would answer EALREADY.
    /// </summary>
    internal static int Connect(int fd, byte* address, uint length) =>
        SystemCall.Result(LibcImports.connect(fd, address, length));

    internal static int Shutdown(int fd, int how) => SystemCall.Result(LibcImports.shutdown(fd, how));

    /// <summary>
    /// Gives a descriptor back. Not repeated when interrupted: the number is free by then, and a second call could
    /// close what another thread has just opened under it.
    /// </summary>
    internal static int Close(int fd) => SystemCall.Result(LibcImports.close(fd));

    /// <summary>A second number for the same open file, which programs started by this one do not inherit.</summary>
    internal static int Duplicate(int fd)
    {
        int result;
        do result = SystemCall.Result(LibcImports.dup(fd));
        while (result == SystemCall.Interrupted);

        // Its only failure is a descriptor that is none.
        if (result >= 0)
            _ = LibcImports.ioctl(result, OperatingSystem.IsLinux() ? LinuxCloseOnExec : BsdCloseOnExec);
        return result;
    }

    internal static int SetSocketOption(int fd, int level, int name, void* value, uint length) =>
        SystemCall.Result(LibcImports.setsockopt(fd, level, name, value, length));

    /// <summary>The socket's pending error as a positive number, which this clears; 0 when there is none.</summary>
    internal static int GetSocketError(int fd)
    {
        int error = 0;
        uint length = sizeof(int);
        int result = SystemCall.Result(LibcImports.getsockopt(fd, SocketLevel, ErrorOption, &error, &length));
        return result < 0 ? result : error;
    }

    /// <summary>The local address. <paramref name="length"/> is its true length, also when it did not fit.</summary>
    internal static int GetSocketName(int fd, Span<byte> address, out int length)
    {
        uint size = (uint)address.Length;
        fixed (byte* start = address)
        {
            int result = SystemCall.Result(LibcImports.getsockname(fd, start, &size));
            length = (int)size;
            return result;
        }
    }

    /// <summary>The remote address. <paramref name="length"/> is its true length, also when it did not fit.</summary>
    internal static int GetPeerName(int fd, Span<byte> address, out int length)
    {
        uint size = (uint)address.Length;
        fixed (byte* start = address)
        {
            int result = SystemCall.Result(LibcImports.getpeername(fd, start, &size));
            length = (int)size;
            return result;
        }
    }
}
