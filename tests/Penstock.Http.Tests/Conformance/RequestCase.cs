using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Penstock.Http.Tests.Conformance;

/// <summary>A line of the table: bytes, and what the server must make of them.</summary>
internal sealed record RequestCase(string Expected, string Section, string About, byte[] Bytes)
{
    public static IReadOnlyList<RequestCase> All { get; } = [.. Load()];

    /// <summary>Every answer to a HEAD request ends with its head.</summary>
    public bool IsHead => Bytes.AsSpan().StartsWith("HEAD "u8);

    private static IEnumerable<RequestCase> Load() =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Conformance", "requests.txt"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(Parse);

    private static RequestCase Parse(string line)
    {
        string[] columns = line.Split(" | ", 4);
        return new RequestCase(columns[0], columns[1], columns[2], Unescape(columns[3]));
    }

    private static byte[] Unescape(string text)
    {
        text = Regex.Replace(
            text,
            @"\{(?<text>[^{}]+)\*(?<count>\d+)\}",
            match => string.Concat(Enumerable.Repeat(match.Groups["text"].Value, Number(match.Groups["count"].Value))));
        text = Regex.Replace(text, @"~|\\x(?<hex>[0-9a-f]{2})|\\(?<letter>.)", Character);
        return Encoding.Latin1.GetBytes(text);
    }

    private static string Character(Match match)
    {
        if (match.Value == "~")
            return "\r\n";
        if (match.Groups["hex"].Success)
            return ((char)Convert.ToByte(match.Groups["hex"].Value, 16)).ToString();
        return match.Groups["letter"].Value switch
        {
            "r" => "\r",
            "n" => "\n",
            "t" => "\t",
            "0" => "\0",
            string other => other,
        };
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
