using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Penstock.KeyValue.Durability;

/// <summary>Forces a directory's entries to the disk, for which the runtime has no call.</summary>
[UnsupportedOSPlatform("windows")]
internal static partial class DirectorySync
{
    public static unsafe void Sync(string path)
    {
        byte[] name = System.Text.Encoding.UTF8.GetBytes(path + "\0");
        fixed (byte* start = name)
        {
            int descriptor = Open(start, 0);
            if (descriptor < 0)
                throw new IOException($"{path} cannot be opened to sync it (errno {Marshal.GetLastSystemError()}).");
            int error = Fsync(descriptor) < 0 ? Marshal.GetLastSystemError() : 0;
            if (Close(descriptor) < 0 && error == 0)
                error = Marshal.GetLastSystemError();
            if (error != 0)
                throw new IOException($"{path} cannot be synced (errno {error}).");
        }
    }

    // Variadic in C, but called without the optional mode, so that no variadic argument is passed.
    [LibraryImport("libc", EntryPoint = "open")]
    private static unsafe partial int Open(byte* path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
