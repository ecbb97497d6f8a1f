namespace Penstock.Tests.Server;

/// <summary>A handler whose behaviour a test writes down: bare bytes, echoed unless told otherwise.</summary>
internal sealed class ScriptedHandler : ConnectionHandler
{
    public delegate int ReceiveScript(Connection connection, ReadOnlySpan<byte> data);

    public ConnectionJournal Journal { get; set; } = new();

    public Action<Connection>? Opened { get; init; }

    public ReceiveScript Received { get; init; } = Echo;

    public Action<Connection>? Congested { get; init; }

    public Action<Connection>? Drained { get; init; }

    public Action<Connection>? PeerFinishing { get; init; }

    public Action<Connection>? PeerFinished { get; init; }

    public Action<Connection, CloseReason>? Closed { get; init; }

    public override void OnOpened(Connection connection)
    {
        Journal.OnOpened(connection);
        Opened?.Invoke(connection);
    }

    public override int OnReceived(Connection connection, ReadOnlySpan<byte> data) => Received(connection, data);

    public override void OnCongested(Connection connection) => Congested?.Invoke(connection);

    public override void OnDrained(Connection connection) => Drained?.Invoke(connection);

    public override void OnPeerFinishing(Connection connection) => PeerFinishing?.Invoke(connection);

    public override void OnPeerFinished(Connection connection)
    {
        if (PeerFinished is null)
            base.OnPeerFinished(connection);
        else
            PeerFinished(connection);
    }

    public override void OnClosed(Connection connection, CloseReason reason)
    {
        Journal.OnClosed(connection, reason);
        Closed?.Invoke(connection, reason);
    }

    public static int Echo(Connection connection, ReadOnlySpan<byte> data)
    {
        connection.Send(data);
        return data.Length;
    }
}
