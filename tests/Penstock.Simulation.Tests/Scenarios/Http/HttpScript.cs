using System.Globalization;
using System.Text;
using Penstock.Http;

namespace Penstock.Simulation.Tests.Scenarios.Http;

/// <summary>
/// Draws requests of every kind that the scenario's server answers, and those that no server may accept.
/// </summary>
internal sealed class HttpScript(SeededGenerator chance, HttpOptions options, int maxBodyBytes)
{
    public HttpCall DrawCall() => chance.Below(8) switch
    {
        0 => Get("GET", "/", 200, "Hello"u8.ToArray()),
        1 => Get("HEAD", "/", 200, []) with { IsHead = true },
        2 => Get("GET", "/nothing", 404, null),
        3 => Get("DELETE", "/upload", 405, null),
        4 => GetBytes(),
        5 => Echo(),
        6 when chance.Chance(0.1) => Get("GET", "/throw", 500, null) with { Closes = true },
        _ => Upload(),
    };

    /// <summary>Bytes that must be refused with this status, or, within a body, with 400.</summary>
    public (byte[] Bytes, int Status) DrawForbidden()
    {
        const string Post = "POST /upload HTTP/1.1\r\nHost: a\r\n";
        (string text, int status) = chance.Below(12) switch
        {
            0 => (Post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            1 => (Post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
            2 => (Post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
            3 => (Post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", 400),
            4 => ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
            5 => ("GET / HTTP/1.1\nHost: a\n\n", 400),
            6 => ("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400),
            7 => ("GET / HTTP/1.1\r\n\r\n", 400),
            8 => ("GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n", 400),
            9 => ("GET /" + new string('x', options.MaxRequestLineBytes) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
            10 => ($"{Post}X: {new string('x', options.MaxHeadBytes)}\r\n\r\n", 431),
            _ => ($"{Post}Content-Length: {options.MaxBodyBytes + 1}\r\n\r\n", 413),
        };
        return (Encoding.Latin1.GetBytes(text), status);
    }

    public static byte[] Pattern(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)('a' + (i % 23)))];

    private HttpCall Get(string method, string path, int status, byte[]? content)
    {
        bool closes = chance.Chance(0.03);
        string fields = closes ? "Connection: close\r\n" : chance.Chance(0.3) ? "X-Some: thing\r\n" : "";
        string text = $"{method} {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n";
        return new HttpCall(Encoding.ASCII.GetBytes(text), status, content, Closes: closes);
    }

    private HttpCall GetBytes()
    {
        int length = (int)chance.Spread(1, Math.Max(1, maxBodyBytes)) - 1;
        return Get("GET", string.Create(CultureInfo.InvariantCulture, $"/bytes/{length}"), 200, Pattern(length));
    }

    private HttpCall Upload()
    {
        byte[] content = DrawContent();
        byte[] answer = Encoding.ASCII.GetBytes(content.Length.ToString(CultureInfo.InvariantCulture));
        return Post("/upload", content, answer, answersEarly: false);
    }

    private HttpCall Echo()
    {
        byte[] content = DrawContent();
        return Post("/echo", content, content, answersEarly: true);
    }

    private HttpCall Post(string path, byte[] content, byte[] answer, bool answersEarly)
    {
        bool expects = chance.Chance(0.1);
        bool chunked = chance.Chance(0.5);
        string length = chunked ? "Transfer-Encoding: chunked" : $"Content-Length: {content.Length}";
        string expect = expects ? "Expect: 100-continue\r\n" : "";
        string head = $"POST {path} HTTP/1.1\r\nHost: a\r\n{expect}{length}\r\n\r\n";
        byte[] body = chunked ? Chunk(content) : content;

        // A request that says that it has no body is not told to send it. The body of one that is answered before it
        // was told cannot be told from the next request, so the connection ends.
        bool waits = expects && (chunked || content.Length > 0);
        byte[] bytes = [.. Encoding.ASCII.GetBytes(head), .. body];
        return new HttpCall(bytes, 200, answer, Continues: waits && !answersEarly, Closes: waits && answersEarly);
    }

    private byte[] Chunk(byte[] content)
    {
        List<byte> body = [];
        for (int at = 0; at < content.Length;)
        {
            int size = chance.Between(1, Math.Min(content.Length - at, 1_000));
            string extension = chance.Chance(0.1) ? ";name=value" : "";
            body.AddRange(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{size:x}{extension}\r\n")));
            body.AddRange(content.AsSpan(at, size));
            body.AddRange("\r\n"u8);
            at += size;
        }

        body.AddRange(chance.Chance(0.2) ? "0\r\nX-Trailer: yes\r\n\r\n"u8 : "0\r\n\r\n"u8);
        return [.. body];
    }

    private byte[] DrawContent()
    {
        byte[] content = new byte[(int)chance.Spread(1, Math.Max(1, Math.Min(maxBodyBytes, options.MaxBodyBytes))) - 1];
        chance.Fill(content);
        return content;
    }
}
