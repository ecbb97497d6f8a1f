namespace Penstock.Http;

/// <summary>
/// The version that a request is served as. A higher minor version than 1 is served as 1.1 (RFC 9110, section 2.5).
/// </summary>
public enum HttpVersion
{
    /// <summary>HTTP/1.0: no chunked coding, and a connection is kept only when the client asks.</summary>
    Http10,

    /// <summary>HTTP/1.1.</summary>
    Http11,
}
