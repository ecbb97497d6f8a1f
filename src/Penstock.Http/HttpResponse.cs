using System.Buffers.Text;
using Penstock.Http.Responses;

namespace Penstock.Http;

/// <summary>
/// The response of one exchange: whole (<see cref="Send(ReadOnlySpan{byte})"/>) or in pieces (<see cref="Start"/>,
/// <see cref="Write"/>, <see cref="Complete"/>). Date, length or chunks, and what is said of the connection are the
/// server's.
/// </summary>
/// <remarks>
/// Writing never blocks and never fails for what a client does: it goes into the connection's send queue, and is
/// dropped once the connection is gone. Whoever writes much asks <see cref="WantsMore"/>. Wrong order throws
/// <see cref="InvalidOperationException"/>.
/// </remarks>
public sealed class HttpResponse
{
    private readonly HttpExchange _exchange;
    private readonly FieldBuffer _fields = new();
    private readonly FieldBuffer _trailers = new();
    private ResponsePhase _phase;
    private int _statusCode = 200;
    private bool _chunked;
    private bool _withContent;
    private long _owed;

    internal HttpResponse(HttpExchange exchange) => _exchange = exchange;

    /// <summary>The status, from 200 to 599. Default: 200.</summary>
    public int StatusCode
    {
        get => _statusCode;
        set
        {
            ResponseRules.CheckStatus(value);
            Require(ResponsePhase.NotStarted);
            _statusCode = value;
        }
    }

    /// <summary>Whether the head has been written.</summary>
    public bool HasStarted => WasReplaced || _phase != ResponsePhase.NotStarted;

    /// <summary>Whether everything has been written.</summary>
    public bool IsComplete => WasReplaced || _phase == ResponsePhase.Complete;

    /// <summary>
    /// Whether less waits for the client than its send queue may hold. A producer that stops when it is false is called
    /// again (<see cref="HttpEndpoint.OnDrained"/>) when there is room.
    /// </summary>
    public bool WantsMore => _exchange.HasRoom;

    /// <summary>The connection ends after this response.</summary>
    internal bool Closes { get; private set; }

    /// <summary>
    /// The server has answered an error instead. What the endpoint writes then is dropped, as it is once the connection
    /// is gone; the engine takes nothing for a connection that closes.
    /// </summary>
    internal bool WasReplaced { get; private set; }

    /// <summary>
    /// Adds a field. Date, Connection, Content-Length and Transfer-Encoding are not an endpoint's to add.
    /// </summary>
    /// <exception cref="ArgumentException">The name is no token, or the value holds a control character.</exception>
    public void AddHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Require(ResponsePhase.NotStarted);
        _fields.Add(name, value);
    }

    /// <summary>
    /// Adds a field behind the content. Sent only when the response is chunked, so not to an HTTP/1.0 client and not
    /// with a declared length; trailers carry what can be lost.
    /// </summary>
    /// <inheritdoc cref="AddHeader"/>
    public void AddTrailer(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (_phase == ResponsePhase.Complete)
            throw WrongOrder();
        _trailers.Add(name, value);
    }

    /// <summary>Has the connection closed after this response.</summary>
    public void Close()
    {
        Require(ResponsePhase.NotStarted);
        Closes = true;
    }

    /// <summary>Sends a whole response with this content, and completes it.</summary>
    public void Send(ReadOnlySpan<byte> content)
    {
        Start(content.Length);
        Write(content);
        Complete();
    }

    /// <summary>Sends a response that was made before, and completes it.</summary>
    public void Send(PreparedResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        Require(ResponsePhase.NotStarted);
        _statusCode = response.StatusCode;
        DecideConnection(endsWithConnection: false);
        ReadOnlySpan<byte> content = _exchange.Request.IsHead ? default : response.Content;
        int size = response.Head.Length + _fields.Bytes.Length + HeadWriter.MaxFixedBytes;
        var writer = new HeadWriter(_exchange.GetSpan(size + content.Length));
        writer.Write(response.Head);
        FinishHead(ref writer);
        writer.Write(content);
        _exchange.Advance(writer.Written);
        Finish();
    }

    /// <summary>Writes the head; the content follows in pieces.</summary>
    /// <param name="contentLength">
    /// What the pieces come to, or null when it is not known: then they are chunked, or in HTTP/1.0 end with the
    /// connection.
    /// </param>
    public void Start(long? contentLength)
    {
        Require(ResponsePhase.NotStarted);
        bool hasContent = ResponseRules.HasContent(_statusCode);
        bool http11 = _exchange.Request.Version == HttpVersion.Http11;
        _withContent = hasContent && !_exchange.Request.IsHead;
        _chunked = hasContent && contentLength is null && http11;
        _owed = contentLength ?? -1;
        DecideConnection(endsWithConnection: hasContent && contentLength is null && !http11);

        var writer = new HeadWriter(_exchange.GetSpan(_fields.Bytes.Length + HeadWriter.MaxFixedBytes));
        writer.Write(ReasonPhrases.LineOf(_statusCode));
        if (_chunked)
            writer.Write("Transfer-Encoding: chunked\r\n"u8);
        else if (hasContent && contentLength is { } length)
            WriteLength(ref writer, length);
        FinishHead(ref writer);
        _exchange.Advance(writer.Written);
        _phase = ResponsePhase.Started;
        _exchange.OnResponseStarted();
    }

    /// <summary>Writes a piece of the content. Left out when the request was HEAD or the status has none.</summary>
    /// <exception cref="InvalidOperationException">Not started, or more than the declared length.</exception>
    public void Write(ReadOnlySpan<byte> piece)
    {
        Require(ResponsePhase.Started);
        if (piece.IsEmpty)
            return;
        Owe(piece.Length);
        if (!_withContent)
            return;
        if (_chunked)
            WriteChunkSize(piece.Length);
        _exchange.Send(piece);
        if (_chunked)
            _exchange.Send("\r\n"u8);
    }

    /// <summary>
    /// Memory for a piece of content of a declared length, to be written without a copy; then <see cref="Advance"/>.
    /// </summary>
    public Span<byte> GetSpan()
    {
        Require(ResponsePhase.Started);
        if (_chunked)
            throw new InvalidOperationException("The size of a chunk comes before it: write it as a whole.");
        return _exchange.GetSpan(1);
    }

    /// <summary>Takes the first bytes of what <see cref="GetSpan"/> gave out as content.</summary>
    public void Advance(int count)
    {
        Require(ResponsePhase.Started);
        Owe(count);
        _exchange.Advance(_withContent ? count : 0);
    }

    /// <summary>
    /// Ends the response. One that was not started is sent with its status, its fields and no content. A declared
    /// length that was not reached resets the connection, because the client would wait for the rest.
    /// </summary>
    public void Complete()
    {
        if (_phase == ResponsePhase.NotStarted)
            Start(0);
        Require(ResponsePhase.Started);
        if (_owed > 0 && _withContent)
        {
            _exchange.ResetConnection();
            throw new InvalidOperationException($"The response is {_owed} bytes short of its declared length.");
        }

        if (_chunked && _withContent)
        {
            _exchange.Send("0\r\n"u8);
            _exchange.Send(_trailers.Bytes);
            _exchange.Send("\r\n"u8);
        }

        Finish();
    }

    internal void Reset()
    {
        _phase = ResponsePhase.NotStarted;
        _statusCode = 200;
        _fields.Clear();
        _trailers.Clear();
        Closes = WasReplaced = false;
    }

    /// <summary>Forgets what an endpoint had prepared, for an error that takes its place.</summary>
    internal void Replace(PreparedResponse error)
    {
        _fields.Clear();
        Closes = true;
        Send(error);
        _fields.Clear();
        _phase = ResponsePhase.NotStarted;
        WasReplaced = true;
    }

    private void Finish()
    {
        _phase = ResponsePhase.Complete;
        if (!WasReplaced)
            _exchange.OnResponseComplete(_statusCode);
    }

    private void FinishHead(ref HeadWriter writer)
    {
        writer.Write(_fields.Bytes);
        writer.WriteConnection(_exchange.Request.Version, !Closes);
        writer.Write(_exchange.Date);
        writer.Write("\r\n"u8);
    }

    private static void WriteLength(ref HeadWriter writer, long length)
    {
        writer.Write("Content-Length: "u8);
        writer.Write(length);
        writer.Write("\r\n"u8);
    }

    private void WriteChunkSize(int size)
    {
        Span<byte> target = _exchange.GetSpan(10);
        Utf8Formatter.TryFormat(size, target, out int written, 'x');
        "\r\n"u8.CopyTo(target[written..]);
        _exchange.Advance(written + 2);
    }

    /// <summary>Before the head is written: whether the connection can be used again after this exchange.</summary>
    private void DecideConnection(bool endsWithConnection) =>
        Closes |= endsWithConnection || !_exchange.CanKeepConnection;

    private void Owe(int count)
    {
        if (_owed < 0)
            return;
        if (count > _owed)
            throw new InvalidOperationException($"The response is {count - _owed} bytes over its declared length.");
        _owed -= count;
    }

    private void Require(ResponsePhase phase)
    {
        if (_phase != phase)
            throw WrongOrder();
    }

    private InvalidOperationException WrongOrder() =>
        new($"The response is {_phase}: too late, or too early, for that.");
}
