using System.Text;
using Microsoft.Win32.SafeHandles;
using Penstock.Http.Responses;

namespace Penstock.Http.StaticFiles;

/// <summary>
/// Serves the files below a directory, with their types, validators (<c>ETag</c>, <c>Last-Modified</c>) and single
/// ranges (RFC 9110, sections 8.8, 13 and 14). Map it for GET with a template that ends in <c>{*path}</c>.
/// </summary>
/// <remarks>
/// Files are read on the loop, in blocks, as fast as the client takes them: from the page cache that is a copy, from a
/// slow disk it holds the loop up. A request for several ranges is answered with the whole file, which section 14.2
/// allows. Directories are not listed.
/// </remarks>
public sealed class StaticFileEndpoint : HttpEndpoint
{
    /// <summary>What a request for a directory gets.</summary>
    public const string IndexName = "index.html";

    internal static ReadOnlySpan<byte> IndexNameBytes => "index.html"u8;

    private readonly RootDirectory _root;
    private readonly PreparedResponse? _welcome;

    /// <summary>Serves the files below <paramref name="root"/>.</summary>
    /// <param name="root">May be a link, which is followed anew for every request.</param>
    /// <param name="welcome">What the root directory gets while it has no index; 404 when null.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public StaticFileEndpoint(string root, PreparedResponse? welcome = null)
    {
        _root = new RootDirectory(root);
        _welcome = welcome;
    }

    /// <inheritdoc/>
    public override void OnRequest(HttpExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        ReadOnlySpan<byte> path = exchange.Request.RouteValue("path");

        // An encoded slash is a character of a name, and no file's name has one.
        int error = 0;
        SafeFileHandle? file = null;
        OpenStatus status = exchange.Request.HasEncodedSlash
            ? OpenStatus.NotFound
            : _root.TryOpen(path, out file, out error);
        if (file is not null)
            Serve(exchange, file, path.IsEmpty || path[^1] == '/' ? IndexNameBytes : path);
        else if (status == OpenStatus.Directory)
            Redirect(exchange);
        else if (status == OpenStatus.NotFound)
            exchange.Response.Send(path.IsEmpty && _welcome is not null ? _welcome : ErrorResponses.Of(404));
        else if (status == OpenStatus.Forbidden)
            exchange.Response.Send(ErrorResponses.Of(403));
        else
            Fail(exchange, error);
    }

    /// <inheritdoc/>
    public override void OnDrained(HttpExchange exchange) => Stream(exchange);

    /// <inheritdoc/>
    public override void OnAborted(HttpExchange exchange) => (exchange?.State as FileStreaming)?.Dispose();

    private static void Fail(HttpExchange exchange, int error)
    {
        exchange.Loop.ReportFile(Encoding.UTF8.GetString(exchange.Request.Path), error);
        exchange.Response.Send(ErrorResponses.Of(500));
    }

    /// <summary>
    /// Relative links in an index are meant from its directory, so that needs its slash. The way there is told without
    /// a host, which only the client knows; two slashes in front would be read as one (RFC 3986, section 4.2).
    /// </summary>
    private static void Redirect(HttpExchange exchange)
    {
        ReadOnlySpan<byte> path = exchange.Request.RawPath;
        if (path is [(byte)'/', (byte)'/' or (byte)'\\', ..])
        {
            exchange.Response.Send(ErrorResponses.Of(404));
            return;
        }

        ReadOnlySpan<byte> query = exchange.Request.Query;
        byte[] location = query.IsEmpty ? [.. path, (byte)'/'] : [.. path, .. "/?"u8, .. query];
        exchange.Response.StatusCode = 301;
        exchange.Response.AddHeader("Location"u8, location);
        exchange.Response.Send(default(ReadOnlySpan<byte>));
    }

    private static void Serve(HttpExchange exchange, SafeFileHandle file, ReadOnlySpan<byte> name)
    {
        bool handedOver = false;
        try
        {
            FileEntry entry = FileEntry.Of(file, name, exchange.Loop.Date.Second);
            handedOver = Answer(exchange, file, entry);
        }
        finally
        {
            if (!handedOver)
                file.Dispose();
        }
    }

    /// <summary>Returns whether the file is still needed.</summary>
    private static bool Answer(HttpExchange exchange, SafeFileHandle file, FileEntry entry)
    {
        HttpResponse response = exchange.Response;
        FilePreconditions conditions = FilePreconditions.Of(exchange.Request, entry);
        ByteSpan span = conditions.UseRange
            ? RangeHeader.Read(exchange.Request, entry.Length)
            : ByteSpan.Whole(entry.Length);
        int status = conditions.Status != 200 ? conditions.Status : span.Status;
        response.StatusCode = status;
        entry.AddValidators(response);
        if (status is 412 or 304)
        {
            response.Complete();
            return false;
        }

        response.AddHeader("Accept-Ranges"u8, "bytes"u8);
        if (status != 200)
            span.AddContentRange(response, entry.Length);
        if (status == 416)
        {
            response.Complete();
            return false;
        }

        response.AddHeader("Content-Type"u8, entry.MediaType);
        response.Start(span.Length);
        if (exchange.Request.Method.SequenceEqual("HEAD"u8))
        {
            response.Complete();
            return false;
        }

        exchange.State = new FileStreaming(file, span.Start, span.Length);
        Stream(exchange);
        return true;
    }

    private static void Stream(HttpExchange exchange)
    {
        var streaming = (FileStreaming)exchange.State!;
        if (!streaming.WriteTo(exchange.Response))
            return;
        streaming.Dispose();
        exchange.Response.Complete();
    }
}
