using Penstock.Http.Parsing;
using Penstock.Http.Responses;

namespace Penstock.Http.StaticFiles;

/// <summary>A request's conditions, judged in the order of RFC 9110, section 13.2.2.</summary>
internal readonly record struct FilePreconditions(int Status, bool UseRange)
{
    public static FilePreconditions Of(HttpRequest request, FileEntry file)
    {
        HttpHeaders headers = request.Headers;
        if (headers.Contains("If-Match"u8))
        {
            if (!Lists(headers, "If-Match"u8, file.Tag, weak: false))
                return new FilePreconditions(412, false);
        }
        else if (TryGetDate(headers, "If-Unmodified-Since"u8, out DateTimeOffset until) && file.LastModified > until)
        {
            return new FilePreconditions(412, false);
        }

        bool unchanged = headers.Contains("If-None-Match"u8)
            ? Lists(headers, "If-None-Match"u8, file.Tag, weak: true)
            : TryGetDate(headers, "If-Modified-Since"u8, out DateTimeOffset since) && file.LastModified <= since;
        return unchanged ? new FilePreconditions(304, false) : new FilePreconditions(200, RangeApplies(request, file));
    }

    /// <summary>
    /// Only GET has ranges (section 14.2). If-Range: a part is only wanted of what the client already has a part of
    /// (section 13.1.5). A date says that only if the file could not have changed again in that second (section
    /// 8.8.2.2), so that is over.
    /// </summary>
    private static bool RangeApplies(HttpRequest request, FileEntry file)
    {
        if (!request.Method.SequenceEqual("GET"u8))
            return false;
        if (!request.Headers.Contains("If-Range"u8))
            return true;
        if (TryGetDate(request.Headers, "If-Range"u8, out DateTimeOffset date))
            return file.IsDateStrong && date == file.LastModified;
        return request.Headers.TryGetOnly("If-Range"u8, out ReadOnlySpan<byte> tag) && tag.SequenceEqual(file.Tag);
    }

    /// <summary>A date that is malformed, or there twice, is none (sections 13.1.3 and 13.1.4).</summary>
    private static bool TryGetDate(HttpHeaders headers, ReadOnlySpan<byte> name, out DateTimeOffset date)
    {
        date = default;
        return headers.TryGetOnly(name, out ReadOnlySpan<byte> value) && HttpDate.TryParse(value, out date);
    }

    /// <summary>
    /// Whether a list of entity tags, or the asterisk, includes ours (section 8.8.3.2). A list may be sent as several
    /// fields (section 5.3).
    /// </summary>
    private static bool Lists(HttpHeaders headers, ReadOnlySpan<byte> name, ReadOnlySpan<byte> ours, bool weak)
    {
        for (int i = 0; i < headers.Count; i++)
        {
            if (!headers.IsNamed(i, name))
                continue;
            foreach (ReadOnlySpan<byte> tag in new FieldList(headers.ValueAt(i)))
            {
                if (tag.SequenceEqual("*"u8) || tag.SequenceEqual(ours))
                    return true;
                if (weak && tag.StartsWith("W/"u8) && tag[2..].SequenceEqual(ours))
                    return true;
            }
        }

        return false;
    }
}
