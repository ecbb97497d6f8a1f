using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Penstock.Kestrel.Connections;

/// <summary>Accepted connections: each is offered to the listener they came through.</summary>
internal sealed class InboundHandler(TransportLoops loops, TransportListener listener) : TransportHandler(loops)
{
    protected override EndPoint EndPoint => listener.EndPoint;

    protected override void Take(TransportConnection connection)
    {
        if (!listener.Offer(connection))
            connection.Abort(new ConnectionAbortedException("The endpoint was unbound."));
    }
}
