namespace Penstock.Simulation.Tests.Scenarios;

/// <summary>
/// Joins the connections two by two, and sends what one receives on the other; one that is alone gets its own bytes
/// back. It stops receiving from the one while the other is above the high mark, and relies on OnDrained to go on.
/// </summary>
internal sealed class RelayHandler(ConnectionOptions options, SeededGenerator chance) : ConnectionHandler
{
    private readonly Dictionary<Connection, Connection> _partners = [];
    private Connection? _alone;

    /// <summary>The connection that what this one receives is sent on.</summary>
    public Connection? PartnerOf(Connection connection) => _partners.GetValueOrDefault(connection);

    public override void OnOpened(Connection connection)
    {
        if (_alone is null)
        {
            _partners[connection] = _alone = connection;
            return;
        }

        (_partners[connection], _partners[_alone]) = (_alone, connection);

        // What it waits for now is its partner, which has drained.
        _alone.Resume();
        _alone = null;
    }

    public override int OnReceived(Connection connection, ReadOnlySpan<byte> data)
    {
        Connection partner = _partners[connection];
        Write(partner, data);
        if (partner.UnsentBytes > options.MaxSendQueueBytes)
            connection.Pause();
        return data.Length;
    }

    public override void OnDrained(Connection connection) => PartnerOf(connection)?.Resume();

    public override void OnPeerFinished(Connection connection) => CloseBoth(connection);

    public override void OnClosed(Connection connection, CloseReason reason)
    {
        CloseBoth(connection);
        if (_partners.Remove(connection, out Connection? partner))
            _partners.Remove(partner);
        if (_alone == connection)
            _alone = null;
    }

    private void CloseBoth(Connection connection)
    {
        PartnerOf(connection)?.Close();
        connection.Close();
    }

    /// <summary>In each of the ways in which bytes can be queued.</summary>
    private void Write(Connection target, ReadOnlySpan<byte> data)
    {
        // A payload may be dropped under this policy, and the relay loses nothing.
        bool mayDrop = options.SlowConsumer == SlowConsumerPolicy.DropOldest;
        switch (chance.Below(mayDrop ? 2 : 3))
        {
            case 0:
                target.Send(data);
                break;
            case 1:
                data.CopyTo(target.GetSpan(data.Length));
                target.Advance(data.Length);
                break;
            default:
                using (SharedPayload payload = SharedPayload.Copy(data))
                    target.Send(payload);
                break;
        }
    }
}
