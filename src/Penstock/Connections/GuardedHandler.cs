namespace Penstock.Connections;

/// <summary>
/// Calls a handler so that what it throws ends one connection and nothing else. The one place where the engine catches
/// every exception: the loop and its other connections must outlive any handler.
/// </summary>
internal sealed class GuardedHandler(ConnectionHandler handler)
{
    /// <summary>There is no handler, because its factory threw.</summary>
    public bool IsUnmade => handler is UnmadeHandler;

    public void Opened(Connection connection)
    {
        try
        {
            handler.Prepare(connection);
            handler.OnOpened(connection);
        }
        catch (Exception exception)
        {
            connection.Fault(exception);
        }
    }

    /// <summary>Returns the bytes consumed; 0 when the handler failed.</summary>
    public int Received(Connection connection, ReadOnlySpan<byte> data)
    {
        try
        {
            int consumed = handler.OnReceived(connection, data);
            if ((uint)consumed > (uint)data.Length)
            {
                throw new InvalidOperationException(
                    $"The handler says that it consumed {consumed} of {data.Length} bytes.");
            }
            return consumed;
        }
        catch (Exception exception)
        {
            connection.Fault(exception);
            return 0;
        }
    }

    public void Congested(Connection connection)
    {
        try
        {
            handler.OnCongested(connection);
        }
        catch (Exception exception)
        {
            connection.Fault(exception);
        }
    }

    public void Drained(Connection connection)
    {
        try
        {
            handler.OnDrained(connection);
        }
        catch (Exception exception)
        {
            connection.Fault(exception);
        }
    }

    public void PeerFinishing(Connection connection)
    {
        try
        {
            handler.OnPeerFinishing(connection);
        }
        catch (Exception exception)
        {
            connection.Fault(exception);
        }
    }

    public void PeerFinished(Connection connection)
    {
        try
        {
            handler.OnPeerFinished(connection);
        }
        catch (Exception exception)
        {
            connection.Fault(exception);
        }
    }

    public void ReceiveTimeout(Connection connection, CloseReason reason)
    {
        try
        {
            handler.OnReceiveTimeout(connection, reason);
        }
        catch (Exception exception)
        {
            connection.Fault(exception);
        }
    }

    public void Stopping(Connection connection)
    {
        try
        {
            handler.OnStopping(connection);
        }
        catch (Exception exception)
        {
            connection.Fault(exception);
        }
    }

    public void Closed(Connection connection, CloseReason reason)
    {
        try
        {
            handler.OnClosed(connection, reason);
        }
        catch (Exception exception)
        {
            connection.Fault(exception);
        }
    }

    /// <summary>Runs work that was posted for a connection.</summary>
    public static void Run(Connection connection, Action<Connection> work)
    {
        try
        {
            work(connection);
        }
        catch (Exception exception)
        {
            connection.Fault(exception);
        }
    }
}
