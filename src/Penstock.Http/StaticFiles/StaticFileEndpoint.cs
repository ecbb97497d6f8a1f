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

    private readonly RootDirectory _root;

    /// <summary>Serves the files below <paramref name="root"/>.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public StaticFileEndpoint(string root) => _root = new RootDirectory(root);

    /// <inheritdoc/>
    public override void OnRequest(HttpExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        SafeFileHandle? file = _root.TryOpen(exchange.Request.RouteValue("path"), out string name);
        if (file is null)
        {
            exchange.Response.Send(ErrorResponses.Of(404));
            return;
        }

        bool handedOver = false;
        try
        {
            FileEntry entry = FileEntry.Of(file, name);
            handedOver = Answer(exchange, file, entry);
        }
        finally
        {
            if (!handedOver)
                file.Dispose();
        }
    }

    /// <inheritdoc/>
    public override void OnDrained(HttpExchange exchange) => Stream(exchange);

    /// <inheritdoc/>
    public override void OnAborted(HttpExchange exchange) => (exchange?.State as FileStreaming)?.Dispose();

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
