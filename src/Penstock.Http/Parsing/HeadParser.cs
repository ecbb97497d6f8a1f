using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;

namespace Penstock.Http.Parsing;

/// <summary>
/// Parses whole heads and trailers with Kestrel's parser, which knows the shape of request lines and fields, and then
/// applies the rules that are left to the server.
/// </summary>
/// <remarks>
/// The parser wants a sequence and the engine gives a span, so the head is copied first. That is a few nanoseconds, and
/// a request needs memory of its own anyway when it outlives the call that it came in.
/// </remarks>
internal sealed class HeadParser(HttpOptions options)
{
    private readonly HttpParser<HeadTarget> _parser = new(showErrorDetails: false);

    /// <summary>
    /// Returns 0, or the status that answers what is wrong with the head that <paramref name="request"/> has loaded.
    /// </summary>
    public int ParseHead(HttpRequest request)
    {
        int status = RequestLineRules.CheckVersion(request.Buffer.AsSpan(0, request.Length));
        if (status != 0)
            return status;
        var sequence = new ReadOnlySequence<byte>(request.Buffer, 0, request.Length);
        var reader = new SequenceReader<byte>(sequence);
        var target = new HeadTarget(request, request.Headers);
        try
        {
            if (!_parser.ParseRequestLine(target, ref reader) || !_parser.ParseHeaders(target, ref reader))
                return StatusCodes.Status400BadRequest;
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException exception)
        {
            return exception.StatusCode;
        }

        status = FieldRules.Check(request, options);
        return status != 0 ? status : TargetRules.Check(request);
    }

    /// <summary>As <see cref="ParseHead"/>, for the lines behind a chunked body.</summary>
    public int ParseTrailers(HttpRequest request, ByteRange lines)
    {
        if (!Tokens.AreLines(request.Bytes.Slice(lines.Start, lines.Length)))
            return StatusCodes.Status400BadRequest;
        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(request.Buffer, lines.Start, lines.Length));
        try
        {
            if (!_parser.ParseHeaders(new HeadTarget(request, request.Trailers), ref reader))
                return StatusCodes.Status400BadRequest;
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException exception)
        {
            return exception.StatusCode;
        }

        return FieldRules.CheckTrailers(request.Trailers, options);
    }
}
