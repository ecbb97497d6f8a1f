using System.Runtime.InteropServices;

namespace Penstock.Net;

/// <summary>Error numbers by name, with the values of the system this runs on.</summary>
/// <remarks>
/// Numbers below 35 date from before Unix split and are the same everywhere, EAGAIN excepted. The others differ between
/// Linux and the BSDs, macOS among them, and are read-only statics, which the JIT compiles to constants. Windows has no
/// such numbers; there the Linux ones serve as names for what <c>SocketError</c> says.
/// </remarks>
internal static class Errno
{
    internal const int EPERM = 1;
    internal const int ENOENT = 2;
    internal const int EINTR = 4;
    internal const int EIO = 5;
    internal const int ENXIO = 6;
    internal const int EBADF = 9;
    internal const int ENOMEM = 12;
    internal const int EACCES = 13;
    internal const int EFAULT = 14;
    internal const int EBUSY = 16;
    internal const int EEXIST = 17;
    internal const int ENODEV = 19;
    internal const int EINVAL = 22;
    internal const int ENFILE = 23;
    internal const int EMFILE = 24;
    internal const int ENOSPC = 28;
    internal const int EPIPE = 32;

    internal static readonly int EAGAIN = Value(linux: 11, bsd: 35);
    internal static readonly int EINPROGRESS = Value(linux: 115, bsd: 36);
    internal static readonly int EALREADY = Value(linux: 114, bsd: 37);
    internal static readonly int ENOTSOCK = Value(linux: 88, bsd: 38);
    internal static readonly int EMSGSIZE = Value(linux: 90, bsd: 40);
    internal static readonly int ENOPROTOOPT = Value(linux: 92, bsd: 42);
    internal static readonly int EPROTONOSUPPORT = Value(linux: 93, bsd: 43);
    internal static readonly int EAFNOSUPPORT = Value(linux: 97, bsd: 47);
    internal static readonly int EADDRINUSE = Value(linux: 98, bsd: 48);
    internal static readonly int EADDRNOTAVAIL = Value(linux: 99, bsd: 49);
    internal static readonly int ENETDOWN = Value(linux: 100, bsd: 50);
    internal static readonly int ENETUNREACH = Value(linux: 101, bsd: 51);
    internal static readonly int ECONNABORTED = Value(linux: 103, bsd: 53);
    internal static readonly int ECONNRESET = Value(linux: 104, bsd: 54);
    internal static readonly int ENOBUFS = Value(linux: 105, bsd: 55);
    internal static readonly int EISCONN = Value(linux: 106, bsd: 56);
    internal static readonly int ENOTCONN = Value(linux: 107, bsd: 57);
    internal static readonly int ETIMEDOUT = Value(linux: 110, bsd: 60);
    internal static readonly int ECONNREFUSED = Value(linux: 111, bsd: 61);
    internal static readonly int EHOSTDOWN = Value(linux: 112, bsd: 64);
    internal static readonly int EHOSTUNREACH = Value(linux: 113, bsd: 65);
    internal static readonly int ENOSYS = Value(linux: 38, bsd: 78);
    internal static readonly int EOPNOTSUPP = Value(linux: 95, bsd: 45, apple: 102);
    internal static readonly int ECANCELED = Value(linux: 125, bsd: 85, apple: 89);
    internal static readonly int EPROTO = Value(linux: 71, bsd: 92, apple: 100);

    // The fields above are initialised in order of their text, so the table comes after them.
    private static readonly (int Number, string Name)[] Names =
    [
        (EPERM, nameof(EPERM)), (ENOENT, nameof(ENOENT)), (EINTR, nameof(EINTR)), (EIO, nameof(EIO)),
        (ENXIO, nameof(ENXIO)),
        (EBADF, nameof(EBADF)), (ENOMEM, nameof(ENOMEM)), (EACCES, nameof(EACCES)), (EFAULT, nameof(EFAULT)),
        (EBUSY, nameof(EBUSY)), (EEXIST, nameof(EEXIST)), (ENODEV, nameof(ENODEV)), (EINVAL, nameof(EINVAL)),
        (ENFILE, nameof(ENFILE)), (EMFILE, nameof(EMFILE)), (ENOSPC, nameof(ENOSPC)), (EPIPE, nameof(EPIPE)),
        (EAGAIN, nameof(EAGAIN)), (EINPROGRESS, nameof(EINPROGRESS)), (EALREADY, nameof(EALREADY)),
        (ENOTSOCK, nameof(ENOTSOCK)), (EMSGSIZE, nameof(EMSGSIZE)), (ENOPROTOOPT, nameof(ENOPROTOOPT)),
        (EPROTONOSUPPORT, nameof(EPROTONOSUPPORT)), (EAFNOSUPPORT, nameof(EAFNOSUPPORT)),
        (EADDRINUSE, nameof(EADDRINUSE)), (EADDRNOTAVAIL, nameof(EADDRNOTAVAIL)), (ENETDOWN, nameof(ENETDOWN)),
        (ENETUNREACH, nameof(ENETUNREACH)), (ECONNABORTED, nameof(ECONNABORTED)), (ECONNRESET, nameof(ECONNRESET)),
        (ENOBUFS, nameof(ENOBUFS)), (EISCONN, nameof(EISCONN)), (ENOTCONN, nameof(ENOTCONN)),
        (ETIMEDOUT, nameof(ETIMEDOUT)), (ECONNREFUSED, nameof(ECONNREFUSED)), (EHOSTDOWN, nameof(EHOSTDOWN)),
        (EHOSTUNREACH, nameof(EHOSTUNREACH)), (ENOSYS, nameof(ENOSYS)), (EOPNOTSUPP, nameof(EOPNOTSUPP)),
        (ECANCELED, nameof(ECANCELED)), (EPROTO, nameof(EPROTO)),
    ];

    /// <summary>For messages: the name and what the system says, as in "EMFILE (too many open files)".</summary>
    /// <param name="error">An error number, positive or as a system call's wrapper returns it, negative.</param>
    internal static string Describe(int error)
    {
        int number = Math.Abs(error);
        string name = Array.Find(Names, entry => entry.Number == number).Name ?? $"error {number}";
        // Windows would look the number up among its own.
        if (OperatingSystem.IsWindows())
            return name;
        string text = Marshal.GetPInvokeErrorMessage(number);
        return text.Length == 0 ? name : $"{name} ({char.ToLowerInvariant(text[0])}{text.AsSpan(1)})";
    }

    private static int Value(int linux, int bsd, int? apple = null)
    {
        bool isApple = OperatingSystem.IsMacOS() || OperatingSystem.IsIOS() || OperatingSystem.IsMacCatalyst();
        if (isApple)
            return apple ?? bsd;
        return OperatingSystem.IsFreeBSD() ? bsd : linux;
    }
}
