using Penstock.Interop.Posix;

namespace Penstock.Interop.Linux;

/// <summary>
/// The three system calls of io_uring, by the convention of <see cref="Libc"/>, and the mapping of its memory.
/// </summary>
/// <remarks>
/// They are made by number: glibc has no functions for them, and liburing would be a native dependency for what is
/// three calls. The numbers are the same on every 64-bit architecture that .NET runs on.
/// </remarks>
internal static unsafe class IoUringCalls
{
    private const nint SetupNumber = 425;
    private const nint EnterNumber = 426;
    private const nint RegisterNumber = 427;

    private const int ReadWrite = 1 | 2;
    private const int SharedPopulated = 0x01 | 0x8000;
    private const int PrivateAnonymous = 0x02 | 0x20;

    /// <summary>Makes a ring; its descriptor.</summary>
    internal static int Setup(uint entries, IoUringParameters* parameters) =>
        SystemCall.Result(LinuxLibcImports.syscall(SetupNumber, (nint)entries, (nint)parameters, 0, 0, 0, 0));

    /// <summary>
    /// Submits and waits; the number of entries taken. Not repeated when interrupted: only the caller knows its
    /// deadline.
    /// </summary>
    internal static int Enter(int ring, uint submit, uint minimumComplete, uint flags, IoUringWaitArgument* argument)
    {
        nint size = argument is null ? 0 : sizeof(IoUringWaitArgument);
        return SystemCall.Result(LinuxLibcImports.syscall(
            EnterNumber, ring, (nint)submit, (nint)minimumComplete, (nint)flags, (nint)argument, size));
    }

    internal static int Register(int ring, uint operation, void* argument, uint count) =>
        SystemCall.Result(LinuxLibcImports.syscall(
            RegisterNumber, ring, (nint)operation, (nint)argument, (nint)count, 0, 0));

    /// <summary>Maps a part of a ring; null and <c>-errno</c> in <paramref name="error"/> when it cannot.</summary>
    internal static byte* MapRing(int ring, nuint length, long offset, out int error) =>
        Map(length, SharedPopulated, ring, offset, out error);

    /// <summary>Memory of whole pages, zero, and resident only where it was touched.</summary>
    internal static byte* MapMemory(nuint length, out int error) => Map(length, PrivateAnonymous, -1, 0, out error);

    internal static void Unmap(byte* start, nuint length) => _ = LinuxLibcImports.munmap(start, length);

    private static byte* Map(nuint length, int flags, int descriptor, long offset, out int error)
    {
        nint address = LinuxLibcImports.mmap(null, length, ReadWrite, flags, descriptor, offset);
        error = SystemCall.Result(address == -1 ? -1 : 0);
        return error < 0 ? null : (byte*)address;
    }
}
