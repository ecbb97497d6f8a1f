using System.Net;

namespace Penstock.Kestrel.Connections;

/// <summary>One outbound connection, kept until whoever asked for it fetches it.</summary>
internal sealed class OutboundHandler(TransportLoops loops, EndPoint remote) : TransportHandler(loops)
{
    private TransportConnection? _connection;

    /// <summary>The connection, once it is established.</summary>
    public TransportConnection Connection => _connection!;

    protected override EndPoint EndPoint => remote;

    protected override void Take(TransportConnection connection) => _connection = connection;
}
