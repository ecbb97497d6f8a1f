namespace Penstock.Http.Endpoints;

/// <summary>A function that answers before it returns.</summary>
internal sealed class ActionEndpoint : HttpEndpoint
{
    private readonly Action<HttpExchange> _handler;

    public ActionEndpoint(Action<HttpExchange> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _handler = handler;
    }

    public override void OnRequest(HttpExchange exchange)
    {
        _handler(exchange);
        if (!exchange.Response.IsComplete)
            exchange.Response.Complete();
    }
}
