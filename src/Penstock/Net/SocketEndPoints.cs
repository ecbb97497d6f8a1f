using System.Net;
using System.Net.Sockets;
using Penstock.Interop.Posix;

namespace Penstock.Net;

/// <summary>The addresses of a socket's two ends, asked of the kernel.</summary>
internal static class SocketEndPoints
{
    private const int MaxAddressBytes = 128;

    public static EndPoint? Remote(SocketHandle socket)
    {
        if (socket.Socket is { } managed)
            return managed.RemoteEndPoint;
        Span<byte> address = stackalloc byte[MaxAddressBytes];
        return Libc.GetPeerName(socket.Descriptor, address, out int length) < 0 ? null : Parse(address[..length]);
    }

    public static EndPoint? Local(SocketHandle socket)
    {
        if (socket.Socket is { } managed)
            return managed.LocalEndPoint;
        Span<byte> address = stackalloc byte[MaxAddressBytes];
        return Libc.GetSocketName(socket.Descriptor, address, out int length) < 0 ? null : Parse(address[..length]);
    }

    private static EndPoint? Parse(ReadOnlySpan<byte> native)
    {
        var address = new SocketAddress(AddressFamily.Unspecified, Math.Max(native.Length, MaxAddressBytes));
        native.CopyTo(address.Buffer.Span);
        address.Size = native.Length;
        return address.Family switch
        {
            AddressFamily.InterNetwork => new IPEndPoint(IPAddress.Any, 0).Create(address),
            AddressFamily.InterNetworkV6 => new IPEndPoint(IPAddress.IPv6Any, 0).Create(address),
            AddressFamily.Unix => new UnixDomainSocketEndPoint("/").Create(address),
            _ => null,
        };
    }
}
