using System.Net;
using Penstock.Kestrel.Diagnostics;

namespace Penstock.Kestrel.Connections;

/// <summary>
/// Brings what happens to an engine's connection to its <see cref="TransportConnection"/>. Every call may run the
/// application's code, so each is under the eyes of the stall detector, and what it throws costs that connection.
/// </summary>
internal abstract class TransportHandler(TransportLoops loops) : ConnectionHandler
{
    private readonly StallDetector? _stalls = loops.Stalls;

    /// <summary>Where connections of this handler come from or go to, for log messages.</summary>
    protected abstract EndPoint EndPoint { get; }

    public sealed override void OnOpened(Connection connection)
    {
        var transport = new TransportConnection(loops, connection, EndPoint);
        connection.UserState = transport;
        Take(transport);
    }

    public sealed override int OnReceived(Connection connection, ReadOnlySpan<byte> data)
    {
        TransportConnection transport = Of(connection);
        using var watch = new Watch(_stalls, transport);
        try
        {
            transport.OnReceived(data);
        }
        catch (Exception exception)
        {
            transport.Fail(exception);
        }

        return data.Length;
    }

    public sealed override void OnDrained(Connection connection)
    {
        TransportConnection transport = Of(connection);
        using var watch = new Watch(_stalls, transport);
        try
        {
            transport.OnDrained();
        }
        catch (Exception exception)
        {
            transport.Fail(exception);
        }
    }

    public sealed override void OnPeerFinished(Connection connection)
    {
        TransportConnection transport = Of(connection);
        using var watch = new Watch(_stalls, transport);
        try
        {
            transport.OnPeerFinished();
        }
        catch (Exception exception)
        {
            transport.Fail(exception);
        }
    }

    public sealed override void OnClosed(Connection connection, CloseReason reason)
    {
        TransportConnection transport = Of(connection);
        using var watch = new Watch(_stalls, transport);
        try
        {
            transport.OnClosed(reason);
        }
        catch (Exception exception)
        {
            transport.Fail(exception);
        }
    }

    /// <summary>A connection was established.</summary>
    protected abstract void Take(TransportConnection connection);

    private static TransportConnection Of(Connection connection) => (TransportConnection)connection.UserState!;
}
