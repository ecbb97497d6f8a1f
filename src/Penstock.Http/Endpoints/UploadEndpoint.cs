using System.Buffers.Text;

namespace Penstock.Http.Endpoints;

/// <summary>Answers with how many bytes the request's body had. Keeps none of them.</summary>
public sealed class UploadEndpoint : HttpEndpoint
{
    private const int MaxDigits = 20;

    /// <summary>Nothing is known yet.</summary>
    public override void OnRequest(HttpExchange exchange)
    {
    }

    /// <inheritdoc/>
    public override void OnBodyEnd(HttpExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        Span<byte> text = stackalloc byte[MaxDigits];
        Utf8Formatter.TryFormat(exchange.Request.BodyBytesReceived, text, out int length);
        exchange.Response.AddHeader("Content-Type"u8, "text/plain"u8);
        exchange.Response.Send(text[..length]);
    }
}
