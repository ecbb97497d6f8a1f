namespace Penstock.Http.Serving;

/// <summary>
/// HTTP on the connections of one loop. A connection has an exchange from the first byte of a request until both the
/// request is read and the response written; in between it holds nothing.
/// </summary>
/// <remarks>
/// Pipelined requests are worked off in one call, so their responses leave in one send. One that cannot be answered at
/// once pauses its connection: responses keep the order of their requests, and a client that pipelines into a slow
/// endpoint is slowed down by TCP.
/// </remarks>
internal sealed class HttpConnectionHandler : ConnectionHandler
{
    private readonly RequestReader _reader;
    private readonly ExchangePool _pool;
    private readonly Action<HttpExchange> _onLate;

    /// <summary>
    /// The exchange whose bytes are being read; it is looked after there and not in <see cref="Advance"/>.
    /// </summary>
    private HttpExchange? _receiving;

    public HttpConnectionHandler(HttpLoop loop)
    {
        Loop = loop;
        _reader = new RequestReader(loop);
        _pool = new ExchangePool(this);
        _onLate = exchange => _reader.Reject(exchange, 408, IncompleteBodyReason.TooSlow);
    }

    public HttpLoop Loop { get; }

    public override int OnReceived(Connection connection, ReadOnlySpan<byte> data)
    {
        HttpExchange exchange = (HttpExchange?)connection.UserState ?? _pool.Rent(connection);
        _receiving = exchange;
        int consumed = 0;
        while (consumed < data.Length && exchange.WantsInput)
        {
            int taken = _reader.Read(exchange, data[consumed..]);
            consumed += taken;
            if (exchange.IsFinished)
                Finish(exchange);
            else if (taken == 0)
                break;
        }

        _receiving = null;
        Park(connection, exchange);
        return consumed;
    }

    public override void OnDrained(Connection connection)
    {
        if (connection.UserState is not HttpExchange { Endpoint: not null } exchange || exchange.Response.IsComplete)
            return;
        exchange.Async.EndFlush();
        EndpointCalls.Drained(exchange);
    }

    /// <summary>
    /// A client that has sent everything may still read; one that stopped within a request is told so (RFC 9112,
    /// section 8).
    /// </summary>
    public override void OnPeerFinished(Connection connection)
    {
        if (connection.UserState is HttpExchange { IsReceiving: true } exchange)
            _reader.Reject(exchange, 400, IncompleteBodyReason.PeerFinished);
        else
            connection.Close(CloseReason.PeerFinished);
    }

    /// <summary>A client that began a request and went silent is told what it did not keep to.</summary>
    public override void OnReceiveTimeout(Connection connection, CloseReason reason)
    {
        if (connection.UserState is HttpExchange { IsReceiving: true } exchange)
            _onLate(exchange);
        else
            base.OnReceiveTimeout(connection, reason);
    }

    /// <summary>
    /// Requests that have begun are served, within <see cref="ServerOptions.ShutdownTimeout"/>, and are the last of
    /// their connections. A connection without one ends.
    /// </summary>
    public override void OnStopping(Connection connection)
    {
        Loop.IsStopping = true;
        if (connection.UserState is not HttpExchange { HasBegun: true, IsServed: false })
            connection.Close(CloseReason.ServerShutdown);
    }

    public override void OnClosed(Connection connection, CloseReason reason)
    {
        if (connection.UserState is not HttpExchange exchange)
            return;
        Loop.Watch.Remove(exchange);
        bool unanswered = !exchange.Response.IsComplete;
        exchange.FailBody(ReasonOf(reason, unanswered));
        exchange.Detach();
        if (unanswered || exchange.BodyFailure is not null)
            EndpointCalls.Aborted(exchange);
        exchange.Async.Abort();
        if (!exchange.Async.IsRunning)
            _pool.Return(exchange);
    }

    /// <summary>Refuses the requests that take too long. Called every <see cref="HttpServer.SweepPeriod"/>.</summary>
    public void Sweep()
    {
        Loop.UpdateDate();
        Loop.Watch.Sweep(_onLate);
    }

    /// <summary>
    /// Something of the exchange ended outside of <see cref="OnReceived"/>: goes on with the connection if that was
    /// all.
    /// </summary>
    public void Advance(HttpExchange exchange)
    {
        if (ReferenceEquals(_receiving, exchange))
            return;
        if (!exchange.IsFinished)
        {
            exchange.ResumeBody();
            return;
        }

        Connection connection = exchange.Connection;
        Finish(exchange);
        if (connection.State != ConnectionState.Open)
            return;
        Park(connection, exchange);
        connection.Resume();
    }

    /// <summary>
    /// An asynchronous handler returned; when its connection is gone, nobody else has the exchange any more.
    /// </summary>
    public void OnHandlerEnded(HttpExchange exchange, Exception? exception)
    {
        // A handler that fails because its client left, or sent no whole body, has done nothing wrong.
        if (exchange.IsAborted && exception is IOException)
            exception = null;
        if (exchange.IsDetached)
        {
            if (exception is not null)
                HttpEventSource.Log.EndpointFault(exchange, exception);
            _pool.Return(exchange);
        }
        else if (exception is not null)
        {
            EndpointCalls.Fail(exchange, exception);
        }
        else if (!exchange.Response.IsComplete)
        {
            exchange.Response.Complete();
        }
        else
        {
            Advance(exchange);
        }
    }

    private void Finish(HttpExchange exchange)
    {
        // Or the next request, if its head has begun already, would have what is left of this one's time.
        Loop.Watch.Remove(exchange);
        if (!exchange.EndsConnection)
            exchange.Reset();
        else if (Loop.IsStopping)
            exchange.Connection.Close(CloseReason.ServerShutdown);
        else
            exchange.Connection.Close(exchange.CloseReason);
    }

    /// <summary>Leaves the connection as it must be until something happens.</summary>
    private void Park(Connection connection, HttpExchange exchange)
    {
        bool open = connection.State == ConnectionState.Open;
        if (open && exchange.Phase == ExchangePhase.Head && exchange.Head.Scanned == 0)
        {
            Loop.Watch.Remove(exchange);
            if (connection.UserState is not null)
                connection.UserState = null;
            _pool.Return(exchange);
            return;
        }

        connection.UserState = exchange;
        if (open && exchange.Phase != ExchangePhase.Answering)
            Loop.Watch.Add(exchange);
        else
            Loop.Watch.Remove(exchange);
        if (exchange.Phase == ExchangePhase.Answering)
            connection.Pause();
    }

    private static IncompleteBodyReason ReasonOf(CloseReason reason, bool unanswered) => reason switch
    {
        CloseReason.ServerShutdown => IncompleteBodyReason.ServerShutdown,
        CloseReason.PeerFinished => IncompleteBodyReason.PeerFinished,
        CloseReason.IdleTimeout or CloseReason.FirstMessageTimeout => IncompleteBodyReason.TooSlow,
        CloseReason.HandlerFault => IncompleteBodyReason.EndpointFault,
        CloseReason.LocalClose when !unanswered => IncompleteBodyReason.Answered,
        _ => IncompleteBodyReason.ConnectionEnded,
    };
}
