using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Penstock.KeyValue.Durability.Files;

namespace Penstock.KeyValue.Interop;

/// <summary>
/// The system calls for files that every Unix has. Each returns what the call returned, or minus the error number; an
/// interrupted call is made again here, unless its summary says otherwise.
/// </summary>
/// <remarks>
/// The runtime's own calls will not do: those that sync a file do not report that it failed, and neither does closing
/// one. For directories it has none.
/// </remarks>
[UnsupportedOSPlatform("windows")]
internal static unsafe class FileCalls
{
    internal const int ReadOnly = 0, ReadWrite = 2;

    private const int Interrupted = -4;
    private const int SeekEnd = 2;
    private const int LockExclusive = 2, LockWithoutWaiting = 4, NoLock = 8;
    private const int EmptyPath = 0x1000;
    private const uint InodeMask = 0x100;
    private const int MostPerCall = 1 << 30;
    private const uint FileMode = 0x1B6; // rw-rw-rw-, less what the umask takes
    private const uint DirectoryMode = 0x1FF;

    internal static readonly int Create = OperatingSystem.IsLinux() ? 0x40 : 0x200;

    /// <summary>What <see cref="TryLock"/> says when somebody else has the lock.</summary>
    internal static readonly int WouldBlock = OperatingSystem.IsLinux() ? -11 : -35;

    private static readonly int CurrentDirectory = OperatingSystem.IsMacOS() ? -2 : -100;
    private static readonly int CloseOnExec =
        OperatingSystem.IsLinux() ? 0x80000 : OperatingSystem.IsMacOS() ? 0x1000000 : 0x100000;

    /// <summary>Minus ENOENT, which is 2 on every Unix.</summary>
    internal static int NotThere => -2;

    /// <summary>Minus EACCES, which is 13 on every Unix.</summary>
    internal static int Denied => -13;

    /// <summary>Minus EEXIST, which is 17 on every Unix.</summary>
    internal static int IsThere => -17;

    /// <summary>Minus EPERM, which is 1 on every Unix: what a file system without a feature may say.</summary>
    internal static int NotPermitted => -1;

    internal static int NotSupported => OperatingSystem.IsLinux() ? -95 : -45;

    internal static int Open(string path, int flags) => OpenAt(CurrentDirectory, path, flags);

    internal static int OpenAt(int directory, string name, int flags)
    {
        flags |= CloseOnExec;
        fixed (byte* start = Terminated(name))
        {
            int result;
            do
            {
                result = Result(OperatingSystem.IsMacOS() && IsArm64
                    ? FileImports.openat_apple(directory, start, flags, 0, 0, 0, 0, 0, (nint)FileMode)
                    : FileImports.openat(directory, start, flags, FileMode));
            }
            while (result == Interrupted);
            return result;
        }
    }

    /// <summary>Not repeated when interrupted: the number is free by then.</summary>
    internal static int Close(int descriptor)
    {
        int result = Result(FileImports.close(descriptor));
        return result == Interrupted ? 0 : result;
    }

    internal static int Read(int descriptor, Span<byte> buffer, long offset)
    {
        fixed (byte* start = buffer)
        {
            int result;
            do result = Result(FileImports.pread(descriptor, start, CountOf(buffer), offset));
            while (result == Interrupted);
            return result;
        }
    }

    /// <summary>The system may take fewer bytes than it was given.</summary>
    internal static int Write(int descriptor, ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* start = bytes)
        {
            int result;
            do result = Result(FileImports.pwrite(descriptor, start, CountOf(bytes), offset));
            while (result == Interrupted);
            return result;
        }
    }

    internal static int Truncate(int descriptor, long length)
    {
        int result;
        do result = Result(FileImports.ftruncate(descriptor, length));
        while (result == Interrupted);
        return result;
    }

    internal static long LengthOf(int descriptor)
    {
        long length = FileImports.lseek(descriptor, 0, SeekEnd);
        return length != -1 ? length : -Marshal.GetLastSystemError();
    }

    /// <summary>
    /// Returns when file or directory is on the disk. On macOS <c>fsync</c> only hands it to the drive, and another
    /// call has the drive write it.
    /// </summary>
    internal static int Sync(int descriptor)
    {
        const int FullFsync = 51;
        if (OperatingSystem.IsMacOS() && FileImports.fcntl(descriptor, FullFsync) != -1)
            return 0;
        int result;
        do result = Result(FileImports.fsync(descriptor));
        while (result == Interrupted);
        return result;
    }

    /// <summary>
    /// Locks an open file for as long as it is open; <see cref="WouldBlock"/> when somebody else has.
    /// </summary>
    internal static int TryLock(int descriptor)
    {
        int result;
        do result = Result(FileImports.flock(descriptor, LockExclusive | LockWithoutWaiting));
        while (result == Interrupted);
        return result;
    }

    internal static int Unlock(int descriptor) => Result(FileImports.flock(descriptor, NoLock));

    internal static int MakeDirectory(string path)
    {
        fixed (byte* start = Terminated(path))
            return Result(FileImports.mkdir(start, DirectoryMode));
    }

    internal static int Rename(int directory, string from, string to)
    {
        fixed (byte* fromStart = Terminated(from), toStart = Terminated(to))
            return Result(FileImports.renameat(directory, fromStart, directory, toStart));
    }

    /// <summary>Gives a file the same name in another directory too.</summary>
    internal static int Link(int fromDirectory, string name, int toDirectory)
    {
        fixed (byte* start = Terminated(name))
            return Result(FileImports.linkat(fromDirectory, start, toDirectory, start, 0));
    }

    internal static int Delete(int directory, string name)
    {
        fixed (byte* start = Terminated(name))
            return Result(FileImports.unlinkat(directory, start, 0));
    }

    /// <summary>Which file a path leads to.</summary>
    internal static int Identify(string path, out FileIdentity identity)
    {
        byte* status = stackalloc byte[StatusBytes];
        fixed (byte* start = Terminated(path))
        {
            int result = OperatingSystem.IsLinux()
                ? Result(FileImports.statx(CurrentDirectory, start, 0, InodeMask, status))
                : Result(IsOldApple ? FileImports.stat_inode64(start, status) : FileImports.stat(start, status));
            identity = result < 0 ? default : IdentityIn(status);
            return result;
        }
    }

    /// <summary>Which file is open.</summary>
    internal static int Identify(int descriptor, out FileIdentity identity)
    {
        byte* status = stackalloc byte[StatusBytes];
        byte empty = 0;
        int result = OperatingSystem.IsLinux()
            ? Result(FileImports.statx(descriptor, &empty, EmptyPath, InodeMask, status))
            : Result(IsOldApple
                ? FileImports.fstat_inode64(descriptor, status)
                : FileImports.fstat(descriptor, status));
        identity = result < 0 ? default : IdentityIn(status);
        return result;
    }

    /// <summary>Room for what any system says about a file.</summary>
    private const int StatusBytes = 512;

    private static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    private static bool IsOldApple => OperatingSystem.IsMacOS() && !IsArm64;

    private static FileIdentity IdentityIn(byte* status)
    {
        if (OperatingSystem.IsLinux())
            return new FileIdentity(*(ulong*)(status + 136), *(ulong*)(status + 32));

        // The device has 32 bits on macOS, and mode and link count behind it; 64 on FreeBSD.
        return OperatingSystem.IsMacOS()
            ? new FileIdentity(*(uint*)status, *(ulong*)(status + 8))
            : new FileIdentity(*(ulong*)status, *(ulong*)(status + 8));
    }

    private static nuint CountOf(ReadOnlySpan<byte> bytes) => (nuint)Math.Min(bytes.Length, MostPerCall);

    private static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + "\0");

    /// <summary>Must be the first thing after the call.</summary>
    private static int Result(nint returned) => returned != -1 ? (int)returned : -Marshal.GetLastSystemError();
}
