using Penstock.Http.Bodies;
using Penstock.Http.Parsing;
using Penstock.Http.Serving;

namespace Penstock.Http;

/// <summary>One request and its response, on the loop of their connection.</summary>
/// <remarks>
/// The object is used again for another exchange once the response is complete, the request has been read and an
/// asynchronous handler has returned. Every member belongs to the connection's loop.
/// </remarks>
public sealed class HttpExchange
{
    private readonly HttpConnectionHandler _handler;
    private Connection? _connection;
    private byte[] _scratch = [];
    private bool _bodyPaused;

    internal HttpExchange(HttpConnectionHandler handler)
    {
        _handler = handler;
        Request = new HttpRequest();
        Response = new HttpResponse(this);
        Async = new AsyncExchange(this);
        Watch = new WatchLink(this);
    }

    /// <summary>What was asked.</summary>
    public HttpRequest Request { get; }

    /// <summary>What is answered.</summary>
    public HttpResponse Response { get; }

    /// <summary>Anything the endpoint wants to keep with the exchange. Cleared when it ends.</summary>
    public object? State { get; set; }

    /// <summary>The server that the request came to.</summary>
    public HttpServer Server => _handler.Loop.Server;

    /// <summary>Names the connection from any thread; post work to it to answer from elsewhere.</summary>
    public ConnectionId ConnectionId { get; private set; }

    /// <summary>The connection ended before the response was complete; what is written now is dropped.</summary>
    public bool IsAborted => _connection is null;

    internal Connection Connection => _connection!;

    internal HttpEndpoint? Endpoint { get; set; }

    internal ExchangePhase Phase { get; set; }

    internal AsyncExchange Async { get; }

    internal WatchLink Watch { get; }

    internal CloseReason CloseReason { get; set; }

    internal bool ContinueSent { get; set; }

    internal long DiscardedBytes { get; set; }

    internal ReadOnlySpan<byte> Date => _handler.Loop.Date.Line;

    /// <summary>Whether the client has been sent less than its send queue may hold.</summary>
    internal bool HasRoom => _connection is { HasRoom: true };

    /// <summary>Whether the loop should go on reading this request, or the one behind it.</summary>
    internal bool WantsInput => Phase != ExchangePhase.Answering && Connection.WantsInput;

    /// <summary>True while the endpoint, and not a slow sender, holds the body up.</summary>
    internal bool IsHeldUp => _bodyPaused || !Connection.WantsInput;

    /// <summary>
    /// Whether the connection can be used again after the response that is about to begin: the client wants it, and
    /// what is left of the request will be read. A client that waits for 100 may or may not send its body after
    /// another answer, so the next request could not be told from it.
    /// </summary>
    internal bool CanKeepConnection =>
        Request.KeepAlive && (Phase != ExchangePhase.Body || WillReadRest);

    /// <summary>Whether nothing of this exchange is left to do.</summary>
    internal bool IsFinished =>
        Response.IsComplete && !Async.IsRunning && (Phase == ExchangePhase.Answering || Response.Closes);

    private bool WillReadRest =>
        (ContinueSent || !Request.ExpectsContinue) &&
        Body.KnownRemaining <= _handler.Loop.Options.MaxDiscardedBodyBytes;

    internal BodyDecoder Body;
    internal HeadProgress Head;

    /// <summary>Receives on after <see cref="HttpEndpoint.OnBody"/> took less than it was shown.</summary>
    public void ResumeBody()
    {
        if (!_bodyPaused)
            return;
        _bodyPaused = false;
        _connection?.Resume();
    }

    /// <summary>
    /// Reads from the body into <paramref name="buffer"/>: as much as is there, at least one byte, or 0 at its end. For
    /// handlers mapped as asynchronous functions; while none is reading, the client is slowed down. One read at a time.
    /// </summary>
    /// <exception cref="IOException">The connection ended.</exception>
    /// <exception cref="InvalidOperationException">The endpoint is not asynchronous, or is reading already.</exception>
    public ValueTask<int> ReadBodyAsync(Memory<byte> buffer) => Async.ReadAsync(buffer);

    /// <summary>
    /// Completes when less waits for the client than its send queue may hold; at once when that is so already. For
    /// handlers mapped as asynchronous functions.
    /// </summary>
    /// <inheritdoc cref="ReadBodyAsync"/>
    public ValueTask FlushAsync() => Async.FlushAsync();

    internal void Attach(Connection connection)
    {
        _connection = connection;
        ConnectionId = connection.Id;
    }

    /// <summary>
    /// The connection is gone; its object will serve another one, so it must not be reached from here.
    /// </summary>
    internal void Detach() => _connection = null;

    /// <summary>Makes the exchange ready for the next request of its connection.</summary>
    internal void Reset()
    {
        Request.Reset();
        Response.Reset();
        Async.Reset();
        State = null;
        Endpoint = null;
        Phase = ExchangePhase.Head;
        Head = default;
        CloseReason = CloseReason.LocalClose;
        DiscardedBytes = 0;
        ContinueSent = _bodyPaused = false;
    }

    internal void PauseBody()
    {
        _bodyPaused = true;
        Connection.Pause();
    }

    /// <summary>
    /// Until the response is complete, an end of the connection has to be an error to the client: one whose response
    /// ends with the connection would take what it has for all (RFC 9112, section 8).
    /// </summary>
    internal void OnResponseStarted() => _connection?.ResetOnClose = true;

    internal void OnResponseComplete(int status)
    {
        _connection?.ResetOnClose = false;
        _handler.Loop.Counters.Count(status);
        Async.EndRead();
        if (!IsAborted)
            _handler.Advance(this);
    }

    /// <summary>An asynchronous handler returned, or failed.</summary>
    internal void OnHandlerEnded(Exception? exception) => _handler.OnHandlerEnded(this, exception);

    internal Span<byte> GetSpan(int size)
    {
        if (_connection is not null)
            return _connection.GetSpan(size);
        if (_scratch.Length < size)
            _scratch = new byte[Math.Max(size, 1_024)];
        return _scratch;
    }

    internal void Advance(int count) => _connection?.Advance(count);

    internal void Send(ReadOnlySpan<byte> bytes) => _connection?.Send(bytes);

    internal void ResetConnection() => _connection?.Abort();
}
