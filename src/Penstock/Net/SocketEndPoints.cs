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
            return Ask(managed, socket => socket.RemoteEndPoint);
        Span<byte> address = stackalloc byte[MaxAddressBytes];
        return Libc.GetPeerName(socket.Descriptor, address, out int length) < 0 ? null : Parse(address[..length]);
    }

    public static EndPoint? Local(SocketHandle socket)
    {
        if (socket.Socket is { } managed)
            return Ask(managed, socket => socket.LocalEndPoint);
        Span<byte> address = stackalloc byte[MaxAddressBytes];
        return Libc.GetSocketName(socket.Descriptor, address, out int length) < 0 ? null : Parse(address[..length]);
    }

    public static EndPoint? Parse(SocketAddress address) => address.Family switch
    {
        AddressFamily.InterNetwork => new IPEndPoint(IPAddress.Any, 0).Create(address),
        AddressFamily.InterNetworkV6 => new IPEndPoint(IPAddress.IPv6Any, 0).Create(address),
        AddressFamily.Unix => new UnixDomainSocketEndPoint("/").Create(address),
        _ => null,
    };

    private static EndPoint? Parse(ReadOnlySpan<byte> native)
    {
        var address = new SocketAddress(AddressFamily.Unspecified, Math.Max(native.Length, MaxAddressBytes));
        native.CopyTo(address.Buffer.Span);
        address.Size = native.Length;
        return Parse(address);
    }

    /// <summary>A managed socket throws where a system call returns: the peer has reset it, or it is closed.</summary>
    private static EndPoint? Ask(Socket socket, Func<Socket, EndPoint?> question)
    {
        try
        {
            return question(socket);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }
}
