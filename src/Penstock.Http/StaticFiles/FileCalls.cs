using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Penstock.Http.StaticFiles;

/// <summary>
/// Linux's calls to open files. The runtime's own wait for the other end of a named pipe, and do not say why a file
/// could not be opened.
/// </summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class FileCalls
{
    public const int ENOENT = 2;
    public const int EPERM = 1;
    public const int EINTR = 4;
    public const int ENXIO = 6;
    public const int EACCES = 13;
    public const int ENODEV = 19;
    public const int ENOTDIR = 20;
    public const int ENAMETOOLONG = 36;
    public const int ELOOP = 40;

    // The same on every Linux that .NET runs on, but for O_DIRECTORY, which is therefore not used.
    private const int NoTerminal = 0x100;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int PathOnly = 0x200000;

    private const int CurrentDirectory = -100;
    private const int LongestPath = 4_096;

    /// <summary>Opens a directory to look below it; returns its handle, or null and the error.</summary>
    /// <param name="path">Ends with NUL.</param>
    /// <param name="error">The error's number.</param>
    public static SafeFileHandle? TryOpenDirectory(ReadOnlySpan<byte> path, out int error) =>
        TryOpen(CurrentDirectory, path, PathOnly | CloseOnExec, out error);

    /// <summary>Opens a file below a directory to read, without waiting for anything.</summary>
    /// <param name="directory">Where the path begins.</param>
    /// <param name="path">Ends with NUL.</param>
    /// <param name="error">The error's number.</param>
    public static SafeFileHandle? TryOpen(SafeFileHandle directory, ReadOnlySpan<byte> path, out int error) =>
        TryOpen((int)directory.DangerousGetHandle(), path, NoTerminal | NonBlocking | CloseOnExec, out error);

    /// <summary>
    /// Whether a file is in a directory, or in one below it, or is it. Asked of the descriptors, so that nothing can be
    /// exchanged between looking and reading.
    /// </summary>
    public static bool IsBelow(SafeFileHandle directory, SafeFileHandle file)
    {
        Span<byte> above = stackalloc byte[LongestPath];
        Span<byte> below = stackalloc byte[LongestPath];
        above = above[..ReadPath(directory, above)];
        below = below[..ReadPath(file, below)];
        if (above.IsEmpty || !below.StartsWith(above))
            return false;
        return above is [(byte)'/'] || below.Length == above.Length || below[above.Length] == '/';
    }

    /// <summary>Where an open file is now; 0 bytes when that is not known or too long.</summary>
    private static int ReadPath(SafeFileHandle file, Span<byte> target)
    {
        string link = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{file.DangerousGetHandle()}\0");
        Span<byte> name = stackalloc byte[64];
        Encoding.ASCII.GetBytes(link, name);
        fixed (byte* path = name)
        fixed (byte* buffer = target)
        {
            nint length = readlink(path, buffer, (nuint)target.Length);
            return length <= 0 || length == target.Length ? 0 : (int)length;
        }
    }

    private static SafeFileHandle? TryOpen(int directory, ReadOnlySpan<byte> path, int flags, out int error)
    {
        int descriptor;
        fixed (byte* start = path)
        {
            // A file system over a network can be interrupted.
            do
            {
                descriptor = openat(directory, start, flags);
                error = descriptor < 0 ? Marshal.GetLastSystemError() : 0;
            }
            while (error == EINTR);
        }

        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    // Variadic in C, but called without the optional mode, so that no variadic argument is passed.
    [LibraryImport("libc")]
    private static partial int openat(int directory, byte* path, int flags);

    [LibraryImport("libc")]
    private static partial nint readlink(byte* path, byte* buffer, nuint length);
}
