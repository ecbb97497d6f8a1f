using System.Globalization;
using System.Text;

namespace Penstock.Http.Responses;

/// <summary>
/// A response whose bytes are made once and sent often; only the date and what is said of the connection are put in
/// when it is sent. Immutable; any thread.
/// </summary>
public sealed class PreparedResponse
{
    private readonly byte[] _head;
    private readonly byte[] _content;

    private PreparedResponse(int status, byte[] head, byte[] content)
    {
        StatusCode = status;
        _head = head;
        _content = content;
    }

    /// <summary>The status that it answers.</summary>
    public int StatusCode { get; }

    /// <summary>The status line and the fields that do not change; more fields and the empty line follow.</summary>
    internal ReadOnlySpan<byte> Head => _head;

    internal ReadOnlySpan<byte> Content => _content;

    /// <summary>Makes a response with content.</summary>
    /// <param name="status">From 200 to 599.</param>
    /// <param name="contentType">As in <c>text/plain</c>.</param>
    /// <param name="content">Copied.</param>
    /// <param name="headers">Further fields.</param>
    /// <exception cref="ArgumentException">A field's name is no token, or a value holds a control
    /// character.</exception>
    public static PreparedResponse Create(
        int status,
        string contentType,
        ReadOnlySpan<byte> content,
        params ReadOnlySpan<(string Name, string Value)> headers)
    {
        ResponseRules.CheckStatus(status);
        var head = new StringBuilder();
        AppendField(head, "Content-Type", contentType);
        foreach ((string name, string value) in headers)
            AppendField(head, name, value);
        if (ResponseRules.HasContent(status))
            AppendField(head, "Content-Length", content.Length.ToString(CultureInfo.InvariantCulture));
        byte[] fields = Encoding.ASCII.GetBytes(head.ToString());
        return new PreparedResponse(status, [.. ReasonPhrases.LineOf(status), .. fields], content.ToArray());
    }

    /// <summary>
    /// A response that says its status in a line of text, or without content where that status has none.
    /// </summary>
    internal static PreparedResponse ForStatus(int status, params ReadOnlySpan<(string Name, string Value)> headers)
    {
        string text = ResponseRules.HasContent(status)
            ? string.Create(CultureInfo.InvariantCulture, $"{status} {ReasonPhrases.Of(status)}\n")
            : "";
        if (text.Length > 0)
            return Create(status, "text/plain", Encoding.ASCII.GetBytes(text), headers);

        var head = new StringBuilder();
        foreach ((string name, string value) in headers)
            AppendField(head, name, value);
        return new PreparedResponse(
            status, [.. ReasonPhrases.LineOf(status), .. Encoding.ASCII.GetBytes(head.ToString())], []);
    }

    private static void AppendField(StringBuilder head, string name, string value)
    {
        ResponseRules.CheckField(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value));
        head.Append(name).Append(": ").Append(value).Append("\r\n");
    }
}
