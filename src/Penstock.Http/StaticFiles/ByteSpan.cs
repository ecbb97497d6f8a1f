using System.Globalization;
using System.Text;

namespace Penstock.Http.StaticFiles;

/// <summary>The bytes of a file that a response holds, and the status that says so: 200, 206 or 416.</summary>
internal readonly record struct ByteSpan(int Status, long Start, long Length)
{
    public static ByteSpan Unsatisfiable => new(416, 0, 0);

    public static ByteSpan Whole(long length) => new(200, 0, length);

    /// <summary>RFC 9110, section 14.4.</summary>
    public void AddContentRange(HttpResponse response, long total)
    {
        string text = Status == 416
            ? string.Create(CultureInfo.InvariantCulture, $"bytes */{total}")
            : string.Create(CultureInfo.InvariantCulture, $"bytes {Start}-{Start + Length - 1}/{total}");
        response.AddHeader("Content-Range"u8, Encoding.ASCII.GetBytes(text));
    }
}
