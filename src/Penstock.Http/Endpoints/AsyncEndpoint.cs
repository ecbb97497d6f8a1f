namespace Penstock.Http.Endpoints;

/// <summary>An asynchronous function that reads the body and writes the response at its own pace.</summary>
internal sealed class AsyncEndpoint : HttpEndpoint
{
    private readonly Func<HttpExchange, ValueTask> _handler;

    public AsyncEndpoint(Func<HttpExchange, ValueTask> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _handler = handler;
    }

    public override void OnRequest(HttpExchange exchange) => exchange.Async.Start(_handler);

    public override int OnBody(HttpExchange exchange, ReadOnlySpan<byte> piece) => exchange.Async.Offer(piece);
}
