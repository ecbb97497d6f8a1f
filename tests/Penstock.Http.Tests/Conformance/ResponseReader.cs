using System.Globalization;

namespace Penstock.Http.Tests.Conformance;

/// <summary>Takes a stream of responses apart, the slow and obvious way.</summary>
internal static class ResponseReader
{
    /// <summary>The responses in <paramref name="text"/>; fails when something is left over that is none.</summary>
    public static List<ReadResponse> ReadAll(string text, bool head = false)
    {
        List<ReadResponse> responses = [];
        while (text.Length > 0)
        {
            int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            Assert.True(end >= 0, $"not the head of a response: {text}");
            string[] lines = text[..end].Split("\r\n");
            Assert.StartsWith("HTTP/1.1 ", lines[0], StringComparison.Ordinal);
            int status = int.Parse(lines[0].AsSpan(9, 3), CultureInfo.InvariantCulture);
            Dictionary<string, string> headers = lines.Skip(1).ToDictionary(
                line => line[..line.IndexOf(':')],
                line => line[(line.IndexOf(':') + 2)..],
                StringComparer.OrdinalIgnoreCase);
            text = text[(end + 4)..];
            bool empty = head || status < 200 || status is 204 or 304;
            string content = empty ? "" : TakeContent(headers, ref text);
            responses.Add(new ReadResponse(status, headers, content));
        }

        return responses;
    }

    private static string TakeContent(Dictionary<string, string> headers, ref string text)
    {
        if (headers.ContainsKey("Transfer-Encoding"))
            return TakeChunks(headers, ref text);
        if (!headers.TryGetValue("Content-Length", out string? length))
            return Take(ref text, text.Length);
        return Take(ref text, int.Parse(length, CultureInfo.InvariantCulture));
    }

    private static string TakeChunks(Dictionary<string, string> headers, ref string text)
    {
        string content = "";
        while (true)
        {
            int size = Convert.ToInt32(TakeLine(ref text), 16);
            if (size == 0)
                break;
            content += Take(ref text, size);
            Assert.Equal("", TakeLine(ref text));
        }

        while (TakeLine(ref text) is { Length: > 0 } trailer)
            headers.Add($"trailer {trailer[..trailer.IndexOf(':')]}", trailer[(trailer.IndexOf(':') + 2)..]);
        return content;
    }

    private static string TakeLine(ref string text)
    {
        int end = text.IndexOf("\r\n", StringComparison.Ordinal);
        string line = text[..end];
        text = text[(end + 2)..];
        return line;
    }

    private static string Take(ref string text, int count)
    {
        string taken = text[..count];
        text = text[count..];
        return taken;
    }
}
