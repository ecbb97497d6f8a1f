using System.Globalization;

namespace Penstock.Simulation.Tests.Scenarios.Http;

/// <summary>Takes responses apart the slow and strict way; what is none is a violation.</summary>
internal static class HttpReplyReader
{
    /// <summary>The response that the bytes begin with, or null when it is not whole.</summary>
    public static HttpReply? TryRead(ReadOnlySpan<byte> bytes, bool isHead)
    {
        int head = bytes.IndexOf("\r\n\r\n"u8);
        if (head < 0)
            return null;
        string[] lines = System.Text.Encoding.Latin1.GetString(bytes[..head]).Split("\r\n");
        InvariantException.Require(
            lines[0].StartsWith("HTTP/1.1 ", StringComparison.Ordinal), $"no status line: {lines[0]}");
        int status = int.Parse(lines[0].AsSpan(9, 3), CultureInfo.InvariantCulture);
        Dictionary<string, string> fields = lines.Skip(1)
            .Select(line => line.Split(": ", 2))
            .ToDictionary(field => field[0], field => field[1]);
        InvariantException.Require(
            status < 200 || fields.GetValueOrDefault("Date", "").EndsWith(" GMT", StringComparison.Ordinal),
            $"a response without a date");

        int start = head + 4;
        int end = start;
        byte[] content = [];

        // A server that gave up on a head cannot know that it would have been one of HEAD.
        bool ends = status < 200 || (isHead && status != 408);
        if (!ends && !TryReadContent(bytes, fields, ref end, out content))
            return null;
        return new HttpReply(status, content, fields.GetValueOrDefault("Connection") == "close", end);
    }

    private static bool TryReadContent(
        ReadOnlySpan<byte> bytes, Dictionary<string, string> fields, ref int end, out byte[] content)
    {
        content = [];
        if (fields.ContainsKey("Transfer-Encoding"))
            return TryReadChunks(bytes, ref end, out content);
        int length = int.Parse(fields["Content-Length"], CultureInfo.InvariantCulture);
        if (bytes.Length - end < length)
            return false;
        content = bytes.Slice(end, length).ToArray();
        end += length;
        return true;
    }

    private static bool TryReadChunks(ReadOnlySpan<byte> bytes, ref int end, out byte[] content)
    {
        List<byte> all = [];
        content = [];
        while (true)
        {
            int line = bytes[end..].IndexOf("\r\n"u8);
            if (line < 0)
                return false;
            string digits = System.Text.Encoding.ASCII.GetString(bytes.Slice(end, line));
            int size = int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            end += line + 2;
            if (bytes.Length - end < size + 2)
                return false;
            InvariantException.Require(bytes.Slice(end + size, 2).SequenceEqual("\r\n"u8), $"a chunk without its end");
            all.AddRange(bytes.Slice(end, size));
            end += size + 2;
            if (size > 0)
                continue;
            content = [.. all];
            return true;
        }
    }
}
