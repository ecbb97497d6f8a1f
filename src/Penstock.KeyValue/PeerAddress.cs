using System.Net;
using System.Net.Sockets;

namespace Penstock.KeyValue;

/// <summary>Who is on this machine.</summary>
internal static class PeerAddress
{
    /// <summary>
    /// Whether a peer came over loopback or a Unix domain socket. One whose address is not known did not.
    /// </summary>
    public static bool IsLocal(EndPoint? peer) => peer switch
    {
        UnixDomainSocketEndPoint => true,
        IPEndPoint ip => IPAddress.IsLoopback(ip.Address.IsIPv4MappedToIPv6 ? ip.Address.MapToIPv4() : ip.Address),
        _ => false,
    };
}
