using System.Runtime.InteropServices;
using Penstock.Interop.Linux;
using Penstock.Interop.Posix;

namespace Penstock.Net;

/// <summary>The socket calls that drivers make on bare descriptors and that differ between systems.</summary>
internal static class NativeSocket
{
    /// <summary>Accepts one connection, non-blocking and closed on exec; returns its descriptor or
    /// <c>-errno</c>.</summary>
    /// <remarks>
    /// The peer's address is not asked for: it costs a copy on every accept, and <c>getpeername</c> tells it to whoever
    /// wants to know. Options such as <c>TCP_NODELAY</c> are set on the listener and inherited.
    /// </remarks>
    public static int Accept(int listener) =>
        OperatingSystem.IsLinux() ? LinuxLibc.Accept(listener) : Libc.Accept(listener);

    /// <summary>Makes the coming close send RST and drop what is unsent.</summary>
    public static unsafe void SetResetOnClose(int descriptor)
    {
        var linger = new Linger { OnOff = 1, Seconds = 0 };
        _ = Libc.SetSocketOption(descriptor, SocketLevel, LingerOption, &linger, (uint)sizeof(Linger));
    }

    /// <summary>
    /// Whether a socket has a peer: a connection attempt that is under way has none, and no error either.
    /// </summary>
    public static bool IsConnected(int descriptor)
    {
        Span<byte> address = stackalloc byte[1];
        return Libc.GetPeerName(descriptor, address, out _) >= 0;
    }

    private static int SocketLevel => OperatingSystem.IsLinux() ? 1 : 0xffff;

    private static int LingerOption => OperatingSystem.IsLinux() ? 13 : 0x80;

    [StructLayout(LayoutKind.Sequential)]
    private struct Linger
    {
        public int OnOff;
        public int Seconds;
    }
}
