using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Penstock.Http.StaticFiles;

/// <summary>
/// Opens a file to read from its start, without waiting: opening a named pipe waits until somebody writes to it, and
/// the runtime has no call that does not.
/// </summary>
internal static partial class FileOpening
{
    // The same on every Linux that .NET runs on.
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    /// <summary>Opens what has a length; null for a pipe and what else has none.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SafeFileHandle? TryOpen(string path)
    {
        SafeFileHandle file = OperatingSystem.IsLinux() ? OpenWithoutWaiting(path) : File.OpenHandle(path);
        try
        {
            RandomAccess.GetLength(file);
            return file;
        }
        catch (NotSupportedException)
        {
            file.Dispose();
            return null;
        }
    }

    [SupportedOSPlatform("linux")]
    private static unsafe SafeFileHandle OpenWithoutWaiting(string path)
    {
        byte[] name = Encoding.UTF8.GetBytes(path + "\0");
        int descriptor;
        int error;
        fixed (byte* start = name)
        {
            descriptor = Open(start, NonBlocking | CloseOnExec);
            error = descriptor < 0 ? Marshal.GetLastSystemError() : 0;
        }

        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"{path} cannot be opened (errno {error}).");
    }

    // Variadic in C, but called without the optional mode, so that no variadic argument is passed.
    [LibraryImport("libc", EntryPoint = "open")]
    private static unsafe partial int Open(byte* path, int flags);
}
