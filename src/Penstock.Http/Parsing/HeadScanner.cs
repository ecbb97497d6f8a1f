using Microsoft.AspNetCore.Http;

namespace Penstock.Http.Parsing;

/// <summary>
/// Finds the end of a head, line by line, and refuses what no head can contain. What it says depends on the bytes alone
/// and not on the pieces that they come in.
/// </summary>
/// <remarks>
/// RFC 9112, section 2.2: lines end in CRLF. A recipient may take a bare LF for one; this one does not, because parties
/// that disagree about where lines end are how requests are smuggled. Empty lines before the request line are skipped,
/// as far as a head may be long. A request line is judged where it ends: without a version no more is due.
/// </remarks>
internal sealed class HeadScanner(int maxRequestLine, int maxHead)
{
    /// <summary>
    /// Looks at the bytes that are new since the last call; <c>progress.Scanned</c> is the length of a complete head.
    /// </summary>
    public HeadStatus Scan(ReadOnlySpan<byte> data, ref HeadProgress progress)
    {
        if (progress.Scanned == 0)
        {
            if (!CanBegin(data[0]))
                return HeadStatus.Invalid;
            if (IsWholeAndClean(data, ref progress))
                return HeadStatus.Complete;
        }

        return ScanLines(data, ref progress);
    }

    /// <summary>The head of nearly every request: it came in one piece and nothing is wrong with it.</summary>
    private bool IsWholeAndClean(ReadOnlySpan<byte> data, ref HeadProgress progress)
    {
        int length = WholeHeadScan.Find(data);
        if (length == 0 || length > maxHead || data[0] == '\r')
            return false;
        if (length > maxRequestLine && data[..length].IndexOf((byte)'\r') > maxRequestLine)
            return false;
        progress.Scanned = length;
        return true;
    }

    private HeadStatus ScanLines(ReadOnlySpan<byte> data, ref HeadProgress progress)
    {
        while (true)
        {
            int offset = data[progress.Scanned..].IndexOf((byte)'\n');
            int end = offset < 0 ? data.Length : progress.Scanned + offset;
            HeadStatus limit = CheckLimits(data, end, in progress);
            if (limit != HeadStatus.Incomplete)
                return limit;
            if (offset < 0)
            {
                progress.Scanned = data.Length;
                return HeadStatus.Incomplete;
            }

            if (end == 0 || data[end - 1] != '\r')
                return HeadStatus.Invalid;
            HeadStatus status = EndLine(data, end, ref progress);
            if (status != HeadStatus.Incomplete)
                return status;
        }
    }

    private static HeadStatus EndLine(ReadOnlySpan<byte> data, int end, ref HeadProgress progress)
    {
        ReadOnlySpan<byte> line = data[progress.LineStart..(end - 1)];
        bool inFields = progress.InFields;
        progress.Lines++;
        progress.Scanned = progress.LineStart = end + 1;
        if (!line.IsEmpty)
            return inFields ? HeadStatus.Incomplete : JudgeRequestLine(line);
        if (inFields)
            return IsClean(data[..progress.Scanned], progress.Lines) ? HeadStatus.Complete : HeadStatus.Invalid;
        progress.Start = progress.LineStart;
        return HeadStatus.Incomplete;
    }

    private static HeadStatus JudgeRequestLine(ReadOnlySpan<byte> line) => RequestLineRules.CheckVersion(line) switch
    {
        0 => HeadStatus.Incomplete,
        StatusCodes.Status505HttpVersionNotsupported => HeadStatus.UnsupportedVersion,
        _ => HeadStatus.Invalid,
    };

    /// <summary>
    /// Every LF has its CR, so one CR too many is one without its LF (RFC 9112, section 2.2: invalid). Controls are
    /// nowhere allowed in a head but the tab.
    /// </summary>
    private static bool IsClean(ReadOnlySpan<byte> head, int lines) =>
        head.Count((byte)'\r') == lines && Tokens.AreLines(head);

    private static bool CanBegin(byte first) => first == '\r' || Tokens.Contains(first);

    private HeadStatus CheckLimits(ReadOnlySpan<byte> data, int end, in HeadProgress progress)
    {
        if (!progress.InFields && end - 1 - progress.Start > maxRequestLine)
        {
            bool methodEnds = data.Slice(progress.Start, maxRequestLine).Contains((byte)' ');
            return methodEnds ? HeadStatus.TargetTooLong : HeadStatus.MethodTooLong;
        }

        return end >= maxHead ? HeadStatus.TooLarge : HeadStatus.Incomplete;
    }
}
