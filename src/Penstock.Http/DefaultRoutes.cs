using Penstock.Http.Endpoints;
using Penstock.Http.Responses;
using Penstock.Http.StaticFiles;

namespace Penstock.Http;

/// <summary>What <c>penstock serve http</c> serves.</summary>
public static class DefaultRoutes
{
    /// <summary>
    /// <c>GET /</c> answers Hello, <c>POST /upload</c> the number of bytes received, <c>GET /status</c> the server's
    /// counters as JSON; with a root directory, other paths are its files, and <c>/</c> its index.html while there is
    /// one.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public static HttpRoutes Create(string? root = null)
    {
        HttpRoutes routes = new HttpRoutes()
            .Map("POST", "/upload", new UploadEndpoint())
            .Map("GET", "/status", new StatusEndpoint());
        PreparedResponse hello = PreparedResponse.Create(200, "text/plain", "Hello"u8);
        return root is null
            ? routes.Map("GET", "/", new FixedEndpoint(hello))
            : routes.Map("GET", "/{*path}", new StaticFileEndpoint(root, hello));
    }
}
