using System.Buffers;
using System.Text.Json;

namespace Penstock.Http.Endpoints;

/// <summary>Answers with the server's counters as a JSON object.</summary>
public sealed class StatusEndpoint : HttpEndpoint
{
    /// <inheritdoc/>
    public override void OnRequest(HttpExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        var json = new ArrayBufferWriter<byte>();
        Write(json, exchange.Server.ReadStatistics());
        exchange.Response.AddHeader("Content-Type"u8, "application/json"u8);
        exchange.Response.AddHeader("Cache-Control"u8, "no-store"u8);
        exchange.Response.Send(json.WrittenSpan);
    }

    private static void Write(ArrayBufferWriter<byte> target, HttpStatistics statistics)
    {
        using var json = new Utf8JsonWriter(target);
        json.WriteStartObject();
        json.WriteString("engine", statistics.Engine);
        json.WriteNumber("loops", statistics.Loops);
        json.WriteNumber("connections", statistics.Connections);
        json.WriteNumber("connectionsAccepted", statistics.ConnectionsAccepted);
        json.WriteNumber("requests", statistics.Requests);
        json.WriteNumber("requestsRejected", statistics.RequestsRejected);
        json.WriteNumber("bodyBytesReceived", statistics.BodyBytesReceived);
        json.WriteStartObject("responses");
        for (int i = 2; i <= 5; i++)
            json.WriteNumber($"{i}xx", statistics.Responses[i - 2]);
        json.WriteEndObject();
        json.WriteNumber("bytesReceived", statistics.BytesReceived);
        json.WriteNumber("bytesSent", statistics.BytesSent);
        json.WriteNumber("sends", statistics.Sends);
        json.WriteEndObject();
    }
}
