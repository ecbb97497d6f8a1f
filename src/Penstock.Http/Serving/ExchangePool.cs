namespace Penstock.Http.Serving;

/// <summary>
/// Exchanges of one loop that no connection has now. A connection takes one when its next request begins, so idle
/// connections hold none. Loop thread only.
/// </summary>
internal sealed class ExchangePool(HttpConnectionHandler handler)
{
    /// <summary>What is kept for a busy moment; the rest is left to the collector.</summary>
    private const int MaxIdle = 256;

    private readonly Stack<HttpExchange> _idle = new();

    public HttpExchange Rent(Connection connection)
    {
        if (!_idle.TryPop(out HttpExchange? exchange))
        {
            exchange = new HttpExchange(handler);
            exchange.Reset();
        }

        exchange.Attach(connection);
        return exchange;
    }

    /// <summary>Takes one back. Its asynchronous handler, if it had one, must have returned.</summary>
    public void Return(HttpExchange exchange)
    {
        exchange.Detach();
        if (_idle.Count == MaxIdle)
            return;
        exchange.Reset();
        _idle.Push(exchange);
    }
}
