using Penstock.Http.Responses;

namespace Penstock.Http.Endpoints;

/// <summary>Answers every request with the same response.</summary>
public sealed class FixedEndpoint : HttpEndpoint
{
    private readonly PreparedResponse _response;

    /// <summary>Answers with <paramref name="response"/>.</summary>
    public FixedEndpoint(PreparedResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        _response = response;
    }

    /// <inheritdoc/>
    public override void OnRequest(HttpExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        exchange.Response.Send(_response);
    }

    internal static FixedEndpoint ForStatus(int status) => new(ErrorResponses.Of(status));
}
