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

    /// <summary>
    /// The connection ended, or the server answered an error in the endpoint's place, before the response was complete;
    /// what is written now is dropped.
    /// </summary>
    public bool IsAborted => IsDetached || Response.WasReplaced;

    /// <summary>Why the body will never be whole; null when it is, or still comes.</summary>
    public IncompleteBodyReason? BodyFailure { get; private set; }

    /// <summary>The connection is gone.</summary>
    internal bool IsDetached => _connection is null;

    internal Connection Connection => _connection!;

    internal HttpEndpoint? Endpoint { get; set; }

    internal ExchangePhase Phase { get; set; }

    internal AsyncExchange Async { get; }

    internal WatchLink Watch { get; }

    internal CloseReason CloseReason { get; set; }

    internal bool ContinueSent { get; set; }

    /// <summary>The endpoint has been told that nothing more comes of this request.</summary>
    internal bool AbortTold { get; set; }

    internal long DiscardedBytes { get; set; }

    internal HttpLoop Loop => _handler.Loop;

    internal ReadOnlySpan<byte> Date => _handler.Loop.Date.Line;

    /// <summary>Whether the client has been sent less than its send queue may hold.</summary>
    internal bool HasRoom => _connection is { } connection && connection.UnsentBytes <= _handler.Loop.SendHighMark;

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
        Request.KeepAlive && !_handler.Loop.IsStopping && (Phase != ExchangePhase.Body || WillReadRest);

    /// <summary>Whether nothing of this exchange is left to do.</summary>
    internal bool IsFinished => IsServed && (Phase == ExchangePhase.Answering || EndsConnection);

    /// <summary>Whether anything of a request is here; empty lines before one are not.</summary>
    internal bool HasBegun => Phase != ExchangePhase.Head || Head.Scanned > Head.Start;

    /// <summary>Whether a part of a request is here and the rest is due.</summary>
    internal bool IsReceiving => HasBegun && Phase != ExchangePhase.Answering;

    /// <summary>Whether nobody works on the response any more; the rest of the body may still be read past.</summary>
    internal bool IsServed => Response.IsComplete && !Async.IsRunning;

    /// <summary>
    /// Whether no request can follow on the connection. A response that began before its server was told to stop could
    /// not say so.
    /// </summary>
    internal bool EndsConnection => Response.Closes || _handler.Loop.IsStopping;

    /// <summary>The body came to its end, and <see cref="HttpEndpoint.OnBodyEnd"/> is told or about to be.</summary>
    internal bool HasBodyEnded { get; private set; }

    /// <summary>
    /// Why nothing more can be read of the body; null when there may be more, or when all of it was read.
    /// </summary>
    internal IncompleteBodyReason? ReadFailure => BodyFailure ?? (WasReadPast ? IncompleteBodyReason.Answered : null);

    /// <summary>Whether the response was complete before the body was, so that nobody is to see the rest.</summary>
    private bool WasReadPast => DiscardedBytes > 0 || (Response.IsComplete && !HasBodyEnded);

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
    /// <exception cref="IncompleteBodyException">
    /// The body ended other than whole: the client left or stopped within it, broke its framing, passed a limit or a
    /// deadline, or the server stopped. Every later read throws it too. Unless the connection is gone the client has
    /// been answered, and what is written now is dropped.
    /// </exception>
    /// <exception cref="InvalidOperationException">The endpoint is not asynchronous, or is reading already.</exception>
    public ValueTask<int> ReadBodyAsync(Memory<byte> buffer) => Async.ReadAsync(buffer);

    /// <summary>
    /// Completes when less waits for the client than its send queue may hold; at once when that is so already. For
    /// handlers mapped as asynchronous functions.
    /// </summary>
    /// <exception cref="IOException">The connection ended.</exception>
    /// <exception cref="InvalidOperationException">The endpoint is not asynchronous, or waits already.</exception>
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
        BodyFailure = null;
        ContinueSent = AbortTold = HasBodyEnded = _bodyPaused = false;
    }

    /// <summary>Takes note that the body is whole; false when it is known not to be.</summary>
    internal bool TryEndBody()
    {
        Phase = ExchangePhase.Answering;
        HasBodyEnded = BodyFailure is null;
        return HasBodyEnded;
    }

    /// <summary>
    /// Takes note that the body will never be whole, before anybody is told: who waits for it may be resumed by the
    /// error that is answered. <see cref="EndpointCalls.Aborted"/> follows.
    /// </summary>
    internal void FailBody(IncompleteBodyReason reason)
    {
        if (Endpoint is not null && !HasBodyEnded)
            BodyFailure ??= reason;
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

        // With a failure, the reader is told when the connection is on its way to its end.
        if (BodyFailure is null)
            Async.FailRead();
        if (!IsDetached)
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

    /// <summary>Unless the server has answered in the endpoint's place: that answer is to arrive.</summary>
    internal void ResetConnection()
    {
        if (!Response.WasReplaced)
            _connection?.Abort();
    }
}
