using System.Text;

namespace Penstock.Http.StaticFiles;

/// <summary>Media types by file name extension (RFC 9110, section 8.3); what is unknown is bytes.</summary>
internal static class MediaTypes
{
    private static readonly byte[] Unknown = "application/octet-stream"u8.ToArray();

    private static readonly Dictionary<string, byte[]> Known = new Dictionary<string, string>
    {
        [".avif"] = "image/avif",
        [".css"] = "text/css; charset=utf-8",
        [".csv"] = "text/csv; charset=utf-8",
        [".gif"] = "image/gif",
        [".gz"] = "application/gzip",
        [".htm"] = "text/html; charset=utf-8",
        [".html"] = "text/html; charset=utf-8",
        [".ico"] = "image/x-icon",
        [".jpeg"] = "image/jpeg",
        [".jpg"] = "image/jpeg",
        [".js"] = "text/javascript; charset=utf-8",
        [".json"] = "application/json",
        [".md"] = "text/markdown; charset=utf-8",
        [".mjs"] = "text/javascript; charset=utf-8",
        [".mp4"] = "video/mp4",
        [".pdf"] = "application/pdf",
        [".png"] = "image/png",
        [".svg"] = "image/svg+xml",
        [".txt"] = "text/plain; charset=utf-8",
        [".wasm"] = "application/wasm",
        [".webm"] = "video/webm",
        [".webp"] = "image/webp",
        [".woff2"] = "font/woff2",
        [".xml"] = "application/xml",
        [".zip"] = "application/zip",
    }.ToDictionary(pair => pair.Key, pair => Encoding.ASCII.GetBytes(pair.Value), StringComparer.OrdinalIgnoreCase);

    /// <param name="path">The name of a file, with or without the directories before it.</param>
    public static byte[] Of(ReadOnlySpan<byte> path) =>
        Known.GetValueOrDefault(Path.GetExtension(Encoding.UTF8.GetString(path)), Unknown);
}
