using System.Diagnostics;
using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;

namespace Penstock.Http.Parsing;

/// <summary>
/// What the parser reports to. A struct, so that the parser is compiled for it and calls nothing through an interface.
/// </summary>
internal readonly struct HeadTarget(HttpRequest request, HttpHeaders headers)
    : IHttpRequestLineHandler, IHttpHeadersHandler
{
    public void OnStartLine(
        HttpVersionAndMethod versionAndMethod, TargetOffsetPathLength targetPath, Span<byte> startLine) =>
        request.SetStartLine(versionAndMethod, targetPath, startLine);

    public void OnHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => headers.Add(name, value);

    public void OnHeadersComplete(bool endStream)
    {
    }

    public void OnStaticIndexedHeader(int index) => throw new UnreachableException("Only HTTP/2 has indexed headers.");

    public void OnStaticIndexedHeader(int index, ReadOnlySpan<byte> value) => OnStaticIndexedHeader(index);
}
