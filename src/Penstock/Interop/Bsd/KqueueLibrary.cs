using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Penstock.Interop.Bsd;

/// <summary>
/// The library that kqueue comes from: the C library of macOS and the BSDs, or libkqueue, which implements it on Linux
/// over epoll. Looked up when it is first asked for, and never unloaded.
/// </summary>
/// <remarks>
/// An import by name would fail at the first call with the loader's words; this way it can be asked whether kqueue is
/// there at all, and the path can be chosen.
/// </remarks>
internal sealed unsafe class KqueueLibrary
{
    /// <summary>The environment variable with the path to use instead.</summary>
    internal const string PathVariable = "PENSTOCK_KQUEUE_LIBRARY";

    private static readonly Lazy<KqueueLibrary?> Found = new(Find);

    private readonly delegate* unmanaged<int> _kqueue;
    private readonly delegate* unmanaged<int, void*, int, void*, int, TimeSpecification*, int> _kevent;

    private KqueueLibrary(nint kqueue, nint kevent)
    {
        _kqueue = (delegate* unmanaged<int>)kqueue;
        _kevent = (delegate* unmanaged<int, void*, int, void*, int, TimeSpecification*, int>)kevent;
    }

    internal static bool IsAvailable => Found.Value is not null;

    internal static KqueueLibrary Loaded => Found.Value ?? throw new PlatformNotSupportedException(Missing);

    /// <summary>Why there is none, as a sentence.</summary>
    internal static string Missing =>
        $"kqueue is not here: {Path} is missing, or has no kqueue. It is a part of macOS and the BSDs; "
        + $"on Linux install libkqueue, or name its path in {PathVariable}.";

    private static string Path
    {
        get
        {
            if (Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } path)
                return path;
            if (OperatingSystem.IsLinux())
                return "libkqueue.so.0";
            return OperatingSystem.IsFreeBSD() ? "libc.so.7" : "libc";
        }
    }

    internal int Open() => _kqueue();

    /// <summary>The whole of <c>kevent</c>: hands changes over and takes events back.</summary>
    internal int Exchange(
        int kqueue, byte* changes, int changeCount, byte* events, int eventCount, TimeSpecification* timeout) =>
        _kevent(kqueue, changes, changeCount, events, eventCount, timeout);

    private static KqueueLibrary? Find() =>
        NativeLibrary.TryLoad(Path, out nint library) && TryBind(library, out KqueueLibrary? bound) ? bound : null;

    private static bool TryBind(nint library, [NotNullWhen(true)] out KqueueLibrary? bound)
    {
        bound = NativeLibrary.TryGetExport(library, "kqueue", out nint kqueue)
            && NativeLibrary.TryGetExport(library, "kevent", out nint kevent)
            ? new KqueueLibrary(kqueue, kevent)
            : null;
        return bound is not null;
    }
}
