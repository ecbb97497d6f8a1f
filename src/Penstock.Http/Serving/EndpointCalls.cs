using Penstock.Http.Responses;

namespace Penstock.Http.Serving;

/// <summary>
/// Calls endpoints so that what they throw is answered and ends one connection. The one place of the server where every
/// exception is caught: the engine would reset the connection, and the client deserves to hear 500.
/// </summary>
internal static class EndpointCalls
{
    public static void Request(HttpExchange exchange)
    {
        try
        {
            exchange.Endpoint!.OnRequest(exchange);
        }
        catch (Exception exception)
        {
            Fail(exchange, exception);
        }
    }

    /// <summary>Returns how much of the piece was taken; all of it when the endpoint failed.</summary>
    public static int Body(HttpExchange exchange, ReadOnlySpan<byte> piece)
    {
        try
        {
            int taken = exchange.Endpoint!.OnBody(exchange, piece);
            if ((uint)taken > (uint)piece.Length)
                throw new InvalidOperationException($"The endpoint says that it took {taken} of {piece.Length} bytes.");
            return taken;
        }
        catch (Exception exception)
        {
            Fail(exchange, exception);
            return piece.Length;
        }
    }

    public static void BodyEnd(HttpExchange exchange)
    {
        try
        {
            exchange.Endpoint!.OnBodyEnd(exchange);
        }
        catch (Exception exception)
        {
            Fail(exchange, exception);
        }
    }

    public static void Drained(HttpExchange exchange)
    {
        try
        {
            exchange.Endpoint!.OnDrained(exchange);
        }
        catch (Exception exception)
        {
            Fail(exchange, exception);
        }
    }

    /// <summary>Tells the endpoint, and a reader that waits, that nothing more comes; once.</summary>
    public static void Aborted(HttpExchange exchange)
    {
        exchange.Async.FailRead();
        if (exchange.AbortTold || exchange.Endpoint is null)
            return;
        exchange.AbortTold = true;
        try
        {
            exchange.Endpoint!.OnAborted(exchange);
        }
        catch (Exception exception)
        {
            HttpEventSource.Log.EndpointFault(exchange, exception);
        }
    }

    /// <summary>500, or a reset when the client has part of a response already; then the connection ends.</summary>
    public static void Fail(HttpExchange exchange, Exception exception)
    {
        HttpEventSource.Log.EndpointFault(exchange, exception);
        if (exchange.IsDetached)
            return;
        exchange.FailBody(IncompleteBodyReason.EndpointFault);
        Refuse(exchange, 500, CloseReason.HandlerFault);
        if (exchange.BodyFailure is not null)
            Aborted(exchange);
    }

    /// <summary>Answers with an error, unless an answer has begun, and closes.</summary>
    public static void Refuse(HttpExchange exchange, int status, CloseReason reason)
    {
        Connection connection = exchange.Connection;
        exchange.CloseReason = reason;
        if (!exchange.Response.HasStarted)
            exchange.Response.Replace(ErrorResponses.Of(status));
        else if (!exchange.Response.IsComplete)
            connection.Abort();
        connection.Close(reason);
    }
}
