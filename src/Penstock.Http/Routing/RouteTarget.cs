using System.Text;
using Penstock.Http.Endpoints;
using Penstock.Http.Responses;

namespace Penstock.Http.Routing;

/// <summary>The methods of one path, and who serves each.</summary>
internal sealed class RouteTarget
{
    private (byte[] Method, string[] Names, HttpEndpoint Endpoint)[] _methods = [];

    public bool IsEmpty => _methods.Length == 0;

    /// <summary>Answers 405, with the methods that the path has.</summary>
    public HttpEndpoint MethodNotAllowed { get; private set; } = FixedEndpoint.ForStatus(405);

    /// <summary>Answers OPTIONS with the methods that the path has.</summary>
    public HttpEndpoint Options { get; private set; } = FixedEndpoint.ForStatus(204);

    public void Add(string method, string[] names, HttpEndpoint endpoint)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(method);
        if (Has(method))
            throw new ArgumentException($"{method} is mapped twice for one path.", nameof(method));
        _methods = [.. _methods, (bytes, names, endpoint)];
        string allow = string.Join(", ", Allowed());
        MethodNotAllowed = new FixedEndpoint(PreparedResponse.ForStatus(405, ("Allow", allow)));
        Options = new FixedEndpoint(PreparedResponse.ForStatus(204, ("Allow", allow)));
    }

    public bool Has(string method) =>
        Array.Exists(_methods, known => known.Method.AsSpan().SequenceEqual(Encoding.ASCII.GetBytes(method)));

    /// <summary>Who serves a method; HEAD is served by whoever serves GET, whose content is then left out.</summary>
    public HttpEndpoint? Find(HttpRequest request)
    {
        HttpEndpoint? found = Find(request, request.Method);
        return found is null && request.IsHead ? Find(request, "GET"u8) : found;
    }

    private HttpEndpoint? Find(HttpRequest request, ReadOnlySpan<byte> method)
    {
        foreach ((byte[] known, string[] names, HttpEndpoint endpoint) in _methods)
        {
            if (method.SequenceEqual(known))
            {
                request.RouteValues.SetNames(names);
                return endpoint;
            }
        }

        return null;
    }

    private IEnumerable<string> Allowed()
    {
        IEnumerable<string> methods = _methods.Select(known => Encoding.ASCII.GetString(known.Method));
        if (methods.Contains("GET"))
            methods = methods.Append("HEAD");
        return methods.Append("OPTIONS").Distinct();
    }
}
