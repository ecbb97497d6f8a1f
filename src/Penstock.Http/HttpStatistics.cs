namespace Penstock.Http;

/// <summary>
/// What a server has done since it started; a snapshot whose figures may be of slightly different moments. The engine's
/// figures are those of its loops, which can serve other servers too.
/// </summary>
public sealed record HttpStatistics
{
    /// <summary>What really runs, as in <c>epoll, level-triggered, 2 loops</c>.</summary>
    public required string Engine { get; init; }

    /// <summary>Loops that serve.</summary>
    public required int Loops { get; init; }

    /// <summary>Connections open now.</summary>
    public required int Connections { get; init; }

    /// <summary>Connections accepted by the loops.</summary>
    public required long ConnectionsAccepted { get; init; }

    /// <summary>Requests whose head was understood.</summary>
    public required long Requests { get; init; }

    /// <summary>
    /// Requests that were refused for what they were, or for their slowness, and cost their connection.
    /// </summary>
    public required long RequestsRejected { get; init; }

    /// <summary>Bytes of content that endpoints took.</summary>
    public required long BodyBytesReceived { get; init; }

    /// <summary>Responses completed, by the first digit of their status, from 2 to 5.</summary>
    public required IReadOnlyList<long> Responses { get; init; }

    /// <summary>Bytes received by the loops.</summary>
    public required long BytesReceived { get; init; }

    /// <summary>Bytes sent by the loops.</summary>
    public required long BytesSent { get; init; }

    /// <summary>Sends of the loops; one can hold the responses to many pipelined requests.</summary>
    public required long Sends { get; init; }
}
