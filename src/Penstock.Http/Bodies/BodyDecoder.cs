namespace Penstock.Http.Bodies;

/// <summary>
/// Separates a body's content from its framing, piece by piece and without a copy: a length, or chunks (RFC 9112,
/// sections 6.2 and 7.1). A mutable struct that lives in its exchange.
/// </summary>
internal struct BodyDecoder
{
    private ChunkedDecoder _chunks;
    private bool _chunked;
    private long _remaining;

    public void Begin(HttpRequest request, HttpOptions options)
    {
        _chunked = request.IsChunked;
        _remaining = request.DeclaredLength;
        _chunks = new ChunkedDecoder(request, options);
    }

    /// <summary>Content still to come, as far as it is known: chunks do not say.</summary>
    public readonly long KnownRemaining => _chunked ? 0 : _remaining;

    /// <summary>Whether the content has ended and nothing follows it; chunks end with a line of their own.</summary>
    public readonly bool HasEnded => !_chunked && _remaining == 0;

    /// <summary>
    /// Goes past framing at the front of <paramref name="data"/> and tells how much of it that was; with
    /// <see cref="BodyStatus.Content"/>, so many content bytes follow it.
    /// </summary>
    public BodyStatus Next(ReadOnlySpan<byte> data, out int framing, out int content)
    {
        if (_chunked)
            return _chunks.Next(data, out framing, out content);
        framing = 0;
        content = (int)Math.Min(_remaining, data.Length);
        if (_remaining == 0)
            return BodyStatus.Ended;
        return content == 0 ? BodyStatus.NeedMore : BodyStatus.Content;
    }

    /// <summary>Says that so many content bytes were taken.</summary>
    public void Take(int count)
    {
        if (_chunked)
            _chunks.Take(count);
        else
            _remaining -= count;
    }
}
