using System.Runtime.InteropServices;
using Penstock.Interop.Linux;

namespace Penstock.Interop;

/// <summary>
/// Memory by the page, straight from the operating system: what is given back leaves the process at once, which neither
/// the collector's pinned heap nor a general allocator promises. Its content is undefined.
/// </summary>
internal static unsafe class PageMemory
{
    /// <exception cref="InsufficientMemoryException">The system has no more.</exception>
    public static byte* Allocate(nuint size)
    {
        if (!OperatingSystem.IsLinux())
            return (byte*)NativeMemory.Alloc(size);
        byte* start = IoUringCalls.MapMemory(size, out int error);
        return error == 0
            ? start
            : throw new InsufficientMemoryException($"The system refuses {size} bytes (errno {error}).");
    }

    /// <summary>Changes the size; the kernel moves the pages, and nothing is copied.</summary>
    public static byte* Resize(byte* start, nuint size, nuint newSize)
    {
        if (!OperatingSystem.IsLinux())
            return (byte*)NativeMemory.Realloc(start, newSize);
        nint moved = LinuxLibcImports.mremap(start, size, newSize, LinuxLibcImports.MremapMayMove);
        return moved != -1
            ? (byte*)moved
            : throw new InsufficientMemoryException($"The system refuses {newSize} bytes.");
    }

    public static void Free(byte* start, nuint size)
    {
        if (OperatingSystem.IsLinux())
            IoUringCalls.Unmap(start, size);
        else
            NativeMemory.Free(start);
    }
}
