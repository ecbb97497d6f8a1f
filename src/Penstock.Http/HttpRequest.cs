using System.Diagnostics;
using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;
using Penstock.Http.Parsing;
using Penstock.Http.Routing;

namespace Penstock.Http;

/// <summary>
/// The head of a request, and its trailers once its body has ended. Everything is a view of memory that belongs to the
/// request and is valid until the response is complete.
/// </summary>
public sealed class HttpRequest
{
    private const int InitialBytes = 1_024;

    private byte[] _bytes = new byte[InitialBytes];
    private int _length;
    private ByteRange _method;
    private ByteRange _target;
    private ByteRange _path;
    private ByteRange _rawPath;
    private ByteRange _query;
    private ByteRange _host;

    internal HttpRequest()
    {
        Headers = new HttpHeaders(this);
        Trailers = new HttpHeaders(this);
    }

    /// <summary>The method as it was sent: <c>GET</c>. Methods are case-sensitive.</summary>
    public ReadOnlySpan<byte> Method => Slice(_method);

    /// <summary>The request target as it was sent.</summary>
    public ReadOnlySpan<byte> Target => Slice(_target);

    /// <summary>
    /// The path with its percent-encoding undone, except an encoded slash, which stays <c>%2F</c> because it separates
    /// nothing. <c>/</c> for an absolute target without one, <c>*</c> for a request about the server itself.
    /// </summary>
    public ReadOnlySpan<byte> Path => Slice(_path);

    /// <summary>What follows the question mark, as it was sent; empty when there is none.</summary>
    public ReadOnlySpan<byte> Query => Slice(_query);

    /// <summary>
    /// The authority that the request is for: the target's, or else the <c>Host</c> field's; empty when it names none.
    /// </summary>
    public ReadOnlySpan<byte> Host => Slice(_host);

    /// <summary>The version that the request is served as.</summary>
    public HttpVersion Version { get; private set; }

    /// <summary>The fields of the head.</summary>
    public HttpHeaders Headers { get; }

    /// <summary>
    /// The fields after a chunked body; empty before the body has ended. They are not merged into the head.
    /// </summary>
    public HttpHeaders Trailers { get; }

    /// <summary>The length of the body, or null when it is chunked. 0 without a body.</summary>
    public long? ContentLength => IsChunked ? null : DeclaredLength;

    /// <summary>Body bytes that have arrived so far, without the framing of chunks.</summary>
    public long BodyBytesReceived { get; internal set; }

    /// <summary>The path as it was sent; empty when the target has none.</summary>
    internal ReadOnlySpan<byte> RawPath => Slice(_rawPath);

    /// <summary>A <c>%2F</c> in the path stands for a slash, and not for these three characters.</summary>
    internal bool HasEncodedSlash { get; set; }

    internal RouteValues RouteValues { get; } = new();

    internal bool IsHead { get; private set; }

    internal bool IsChunked { get; set; }

    internal long DeclaredLength { get; set; }

    internal bool HasBody => IsChunked || DeclaredLength > 0;

    /// <summary>Whether the client wants the connection kept.</summary>
    internal bool KeepAlive { get; set; }

    internal bool ExpectsContinue { get; set; }

    internal HttpMethod KnownMethod { get; private set; }

    internal bool IsPathEncoded { get; private set; }

    /// <summary>Where the lines behind a chunked body lie, once it has ended.</summary>
    internal ByteRange TrailerLines { get; set; }

    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    internal byte[] Buffer => _bytes;

    internal int Length => _length;

    /// <summary>The part of the path that a template's <c>{name}</c> stands for.</summary>
    /// <exception cref="KeyNotFoundException">The template has no such part.</exception>
    public ReadOnlySpan<byte> RouteValue(string name) => RouteValues.Get(name, Path);

    /// <summary>
    /// Takes a whole head, from its request line to its empty line; the request must have been reset.
    /// </summary>
    internal void Load(ReadOnlySpan<byte> head) => Append(head);

    internal void Reset()
    {
        _length = 0;
        _method = _target = _path = _rawPath = _query = _host = default;
        TrailerLines = default;
        Headers.Clear();
        Trailers.Clear();
        RouteValues.Clear();
        Version = HttpVersion.Http11;
        KnownMethod = HttpMethod.None;
        BodyBytesReceived = 0;
        DeclaredLength = 0;
        IsHead = IsChunked = KeepAlive = ExpectsContinue = IsPathEncoded = HasEncodedSlash = false;
    }

    /// <summary>
    /// Adds bytes behind the head: trailers, or a decoded path. Views that were given out before may move.
    /// </summary>
    internal ByteRange Append(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length - _length < bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_length + bytes.Length, _bytes.Length * 2));
        bytes.CopyTo(_bytes.AsSpan(_length));
        var range = new ByteRange(_length, bytes.Length);
        _length += bytes.Length;
        return range;
    }

    internal void SetStartLine(HttpVersionAndMethod start, TargetOffsetPathLength target, ReadOnlySpan<byte> line)
    {
        int offset = OffsetOf(line);
        _method = new ByteRange(offset, start.MethodEnd);
        _target = new ByteRange(offset + target.Offset, line.Length - target.Offset);
        KnownMethod = start.Method;
        IsHead = start.Method == HttpMethod.Head;
        IsPathEncoded = target.IsEncoded;
        Version = start.Version == Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http.HttpVersion.Http10
            ? HttpVersion.Http10
            : HttpVersion.Http11;
    }

    internal void SetPath(ReadOnlySpan<byte> path) => _path = RangeOf(path);

    internal void SetPath(ByteRange path) => _path = path;

    internal void SetRawPath(ReadOnlySpan<byte> path) => _rawPath = RangeOf(path);

    internal void SetQuery(ReadOnlySpan<byte> query) => _query = RangeOf(query);

    internal void SetHost(ReadOnlySpan<byte> host) => _host = RangeOf(host);

    /// <summary>Where a view of this request's memory lies in it.</summary>
    internal int OffsetOf(ReadOnlySpan<byte> view)
    {
        bool within = new ReadOnlySpan<byte>(_bytes).Overlaps(view, out int offset);
        Debug.Assert(within, "the parser gives out views of the one segment that it was given");
        return offset;
    }

    private ByteRange RangeOf(ReadOnlySpan<byte> view) =>
        view.IsEmpty ? default : new ByteRange(OffsetOf(view), view.Length);

    private ReadOnlySpan<byte> Slice(ByteRange range) => _bytes.AsSpan(range.Start, range.Length);
}
