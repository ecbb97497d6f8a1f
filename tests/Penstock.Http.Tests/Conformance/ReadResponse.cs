namespace Penstock.Http.Tests.Conformance;

/// <summary>One response as a client sees it; trailers are among the headers, named <c>trailer X</c>.</summary>
internal sealed record ReadResponse(int Status, IReadOnlyDictionary<string, string> Headers, string Content);
