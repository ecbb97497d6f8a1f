namespace Penstock.Http;

/// <summary>
/// Serves requests, and sees their bodies as they arrive. One instance serves all requests of its route on all loops:
/// what belongs to one request is kept in <see cref="HttpExchange.State"/>.
/// </summary>
/// <remarks>
/// <para>Every member is called on the connection's loop and must not block. The response may be begun and completed in
/// any of them, or later by work posted to the connection's loop.</para>
/// <para>Every request ends in exactly one of <see cref="OnBodyEnd"/>, when its body came whole, and
/// <see cref="OnAborted"/>, when it will not, also when the response was complete before that. After
/// <see cref="OnBodyEnd"/>, <see cref="OnAborted"/> comes only when the connection ends before the response is
/// complete. Once the request has ended and the response is complete, no further member is called and the exchange must
/// not be touched, because it is used for the next request.</para>
/// <para>What a member throws is answered 500 and the connection closed; when the response has begun, it is reset
/// instead, so that the client does not take a part for the whole.</para>
/// </remarks>
public abstract class HttpEndpoint
{
    /// <summary>The head of a request arrived.</summary>
    public abstract void OnRequest(HttpExchange exchange);

    /// <summary>
    /// A piece of the body arrived, behind those before it. The base class reads past it, and so does the server once
    /// the response is complete.
    /// </summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="piece">The engine's memory, valid during the call only.</param>
    /// <returns>
    /// How much was taken. Less than all stops receiving, which slows the client down, until
    /// <see cref="HttpExchange.ResumeBody"/>; the rest is then shown again.
    /// </returns>
    public virtual int OnBody(HttpExchange exchange, ReadOnlySpan<byte> piece) => piece.Length;

    /// <summary>
    /// The body is complete, with its trailers. Called for requests without a body as well, and when the response is
    /// complete already.
    /// </summary>
    public virtual void OnBodyEnd(HttpExchange exchange)
    {
    }

    /// <summary>
    /// More had been written than the send queue's high mark and the client has now taken it down to the low mark:
    /// whoever streams a response writes on.
    /// </summary>
    public virtual void OnDrained(HttpExchange exchange)
    {
    }

    /// <summary>
    /// The request came to nothing: its body will not be whole (<see cref="HttpExchange.BodyFailure"/> says why), or
    /// the connection ended before the response was complete. What is written now is dropped; a client whose body was
    /// refused has been answered by the server.
    /// </summary>
    public virtual void OnAborted(HttpExchange exchange)
    {
    }
}
