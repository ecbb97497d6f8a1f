using Penstock.Http.Bodies;
using Penstock.Http.Endpoints;
using Penstock.Http.Parsing;

namespace Penstock.Http.Serving;

/// <summary>Reads requests from bytes, as they come: heads whole, bodies in pieces. One per loop.</summary>
internal sealed class RequestReader(HttpLoop loop)
{
    private static readonly HttpEndpoint Misdirected = FixedEndpoint.ForStatus(421);

    private readonly HeadScanner _scanner = new(loop.Options.MaxRequestLineBytes, loop.Options.MaxHeadBytes);
    private readonly HeadParser _parser = new(loop.Options);

    /// <summary>Reads on where the exchange is; returns the bytes that are done with.</summary>
    public int Read(HttpExchange exchange, ReadOnlySpan<byte> data) =>
        exchange.Phase == ExchangePhase.Head ? ReadHead(exchange, data) : ReadBody(exchange, data);

    /// <summary>Answers a request that cannot be served with its status (RFC 9112) and closes the connection.</summary>
    public void Reject(HttpExchange exchange, int status, IncompleteBodyReason reason)
    {
        loop.Counters.Rejected++;
        exchange.FailBody(reason);
        EndpointCalls.Refuse(exchange, status, CloseReason.ProtocolError);
        if (exchange.BodyFailure is not null)
            EndpointCalls.Aborted(exchange);
    }

    /// <summary>What answers a head that is known to be none.</summary>
    public static int StatusOf(HeadStatus status) => status switch
    {
        HeadStatus.TargetTooLong => 414,
        HeadStatus.TooLarge => 431,
        HeadStatus.MethodTooLong => 501,
        HeadStatus.UnsupportedVersion => 505,
        _ => 400,
    };

    private void RejectHead(HttpExchange exchange, int status) =>
        Reject(exchange, status, IncompleteBodyReason.Malformed);

    private int ReadHead(HttpExchange exchange, ReadOnlySpan<byte> data)
    {
        HeadStatus status = _scanner.Scan(data, ref exchange.Head);
        if (status == HeadStatus.Incomplete)
            return 0;
        if (status != HeadStatus.Complete)
        {
            RejectHead(exchange, StatusOf(status));
            return data.Length;
        }

        int length = exchange.Head.Scanned;
        exchange.Request.Load(data[exchange.Head.Start..length]);
        int problem = _parser.ParseHead(exchange.Request);
        if (problem == 0 && exchange.Request.DeclaredLength > loop.Options.MaxBodyBytes)
            problem = 413;
        if (problem != 0)
        {
            RejectHead(exchange, problem);
            return data.Length;
        }

        Begin(exchange);
        return length;
    }

    private void Begin(HttpExchange exchange)
    {
        loop.Counters.Requests++;
        HttpRequest request = exchange.Request;
        exchange.Endpoint = loop.Server.Hosts.Allow(request.Host) ? loop.Routes.Find(request) : Misdirected;
        if (!request.HasBody)
        {
            exchange.Phase = ExchangePhase.Answering;
            EndpointCalls.Request(exchange);
            EndBody(exchange);
            return;
        }

        exchange.Phase = ExchangePhase.Body;
        exchange.Body.Begin(request, loop.Options);
        EndpointCalls.Request(exchange);
        if (!request.ExpectsContinue || exchange.Response.HasStarted)
            return;
        exchange.ContinueSent = true;
        exchange.Send("HTTP/1.1 100 Continue\r\n\r\n"u8);
    }

    private int ReadBody(HttpExchange exchange, ReadOnlySpan<byte> data)
    {
        BodyStatus status = exchange.Body.Next(data, out int framing, out int content);
        switch (status)
        {
            case BodyStatus.NeedMore:
                return framing;
            case BodyStatus.Content:
                return framing + TakeContent(exchange, data.Slice(framing, content));
            case BodyStatus.Ended:
                TakeTrailers(exchange);
                return framing;
            default:
                Reject(exchange, StatusOf(status), ReasonOf(status));
                return data.Length;
        }
    }

    private int TakeContent(HttpExchange exchange, ReadOnlySpan<byte> piece)
    {
        if (exchange.Response.IsComplete)
            return Discard(exchange, piece);
        int taken = EndpointCalls.Body(exchange, piece);
        exchange.Request.BodyBytesReceived += taken;
        loop.Counters.BodyBytes += taken;
        exchange.Body.Take(taken);
        if (taken < piece.Length && !exchange.Response.IsComplete)
            exchange.PauseBody();
        if (exchange.Body.HasEnded)
            EndBody(exchange);
        return taken;
    }

    /// <summary>Reads past what nobody wants, up to a limit, to keep the connection for the next request.</summary>
    private int Discard(HttpExchange exchange, ReadOnlySpan<byte> piece)
    {
        exchange.DiscardedBytes += piece.Length;
        exchange.Request.BodyBytesReceived += piece.Length;
        exchange.Body.Take(piece.Length);
        if (exchange.Body.HasEnded)
            EndBody(exchange);
        else if (exchange.DiscardedBytes > loop.Options.MaxDiscardedBodyBytes)
            exchange.Connection.Close();
        return piece.Length;
    }

    private void TakeTrailers(HttpExchange exchange)
    {
        const int emptyLine = 2;
        HttpRequest request = exchange.Request;
        int problem = request.TrailerLines.Length > emptyLine
            ? _parser.ParseTrailers(request, request.TrailerLines)
            : 0;
        if (problem != 0)
            Reject(exchange, problem, problem == 431 ? IncompleteBodyReason.TooLarge : IncompleteBodyReason.Malformed);
        else
            EndBody(exchange);
    }

    private static void EndBody(HttpExchange exchange)
    {
        if (!exchange.TryEndBody())
            return;
        exchange.Async.EndRead();
        EndpointCalls.BodyEnd(exchange);
    }

    private static int StatusOf(BodyStatus status) => status switch
    {
        BodyStatus.TooLarge => 413,
        BodyStatus.TrailersTooLarge => 431,
        _ => 400,
    };

    private static IncompleteBodyReason ReasonOf(BodyStatus status) =>
        status == BodyStatus.Invalid ? IncompleteBodyReason.Malformed : IncompleteBodyReason.TooLarge;
}
