using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;
using Penstock.Http.Endpoints;
using Penstock.Http.Parsing;
using Penstock.Http.Routing;

namespace Penstock.Http;

/// <summary>
/// Which endpoint serves which method and path. Filled before the server starts and not changed after it; shared by all
/// loops.
/// </summary>
/// <remarks>
/// <para>A template is a path whose segments are literal, named (<c>/users/{id}</c>), or, as the last one, all the rest
/// (<c>/files/{*path}</c>). A literal is preferred to a name and a name to the rest. Segments are compared after
/// percent-decoding, with case; a slash at the end makes another path.</para>
/// <para>HEAD is served by GET's endpoint, OPTIONS by the server. A path without the method is answered 405 with
/// <c>Allow</c>, an unknown path 404, and a method that is neither registered nor mapped anywhere 501.</para>
/// </remarks>
public sealed class HttpRoutes
{
    private static readonly HttpEndpoint NotFound = FixedEndpoint.ForStatus(404);
    private static readonly HttpEndpoint NotImplemented = FixedEndpoint.ForStatus(501);

    private readonly RouteNode _root = new();
    private readonly RouteTarget _server = new();

    /// <summary>Serves a method and a template with an endpoint.</summary>
    /// <exception cref="ArgumentException">No method, no template, or both mapped already.</exception>
    public HttpRoutes Map(string method, string template, HttpEndpoint endpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(method);
        ArgumentNullException.ThrowIfNull(endpoint);
        if (!Tokens.IsToken(System.Text.Encoding.UTF8.GetBytes(method)))
            throw new ArgumentException($"'{method}' is no method.", nameof(method));
        RouteTemplate parsed = RouteTemplate.Parse(template);
        parsed.AddTo(_root).Add(method, parsed.Names, endpoint);
        if (!HasMethod(method))
            _server.Add(method, [], endpoint);
        return this;
    }

    /// <summary>
    /// Serves with a function that answers before it returns. It does not see the body, which is read past; what it
    /// throws is answered 500.
    /// </summary>
    /// <inheritdoc cref="Map(string, string, HttpEndpoint)"/>
    public HttpRoutes Map(string method, string template, Action<HttpExchange> handler) =>
        Map(method, template, new ActionEndpoint(handler));

    /// <summary>
    /// Serves with an asynchronous function. It starts on the connection's loop and resumes there after every await; it
    /// reads the body with <see cref="HttpExchange.ReadBodyAsync"/> and waits for a slow reader with
    /// <see cref="HttpExchange.FlushAsync"/>. A response that it has begun is completed when it returns.
    /// </summary>
    /// <inheritdoc cref="Map(string, string, HttpEndpoint)"/>
    public HttpRoutes Map(string method, string template, Func<HttpExchange, ValueTask> handler) =>
        Map(method, template, new AsyncEndpoint(handler));

    /// <summary>Who serves a request; there is always somebody, if only to say no.</summary>
    internal HttpEndpoint Find(HttpRequest request)
    {
        ReadOnlySpan<byte> path = request.Path;
        RouteTarget? target = path[0] == '/' ? _root.Find(path, 1, request.RouteValues) : _server;
        if (target is null)
            return IsKnown(request) ? NotFound : NotImplemented;
        if (!ReferenceEquals(target, _server) && target.Find(request) is { } endpoint)
            return endpoint;
        if (request.KnownMethod == HttpMethod.Options)
            return target.Options;
        return IsKnown(request) ? target.MethodNotAllowed : NotImplemented;
    }

    /// <summary>
    /// RFC 9110, section 9.1: 501 for a method that the server does not know, 405 for one that it does.
    /// </summary>
    private bool IsKnown(HttpRequest request) =>
        request.KnownMethod != HttpMethod.Custom || _server.Find(request) is not null;

    private bool HasMethod(string method) => _server.Has(method);
}
