using Penstock.Http.Parsing;
using Penstock.Http.Responses;

namespace Penstock.Http.StaticFiles;

/// <summary>A request's conditions, judged in the order of RFC 9110, section 13.2.2.</summary>
internal readonly record struct FilePreconditions(int Status, bool UseRange)
{
    public static FilePreconditions Of(HttpRequest request, FileEntry file)
    {
        HttpHeaders headers = request.Headers;
        if (headers.TryGet("If-Match"u8, out ReadOnlySpan<byte> match))
        {
            if (!Lists(match, file.Tag, weak: false))
                return new FilePreconditions(412, false);
        }
        else if (headers.TryGet("If-Unmodified-Since"u8, out ReadOnlySpan<byte> unmodified) &&
                 HttpDate.TryParse(unmodified, out DateTimeOffset until) && file.LastModified > until)
        {
            return new FilePreconditions(412, false);
        }

        bool unchanged = headers.TryGet("If-None-Match"u8, out ReadOnlySpan<byte> none)
            ? Lists(none, file.Tag, weak: true)
            : headers.TryGet("If-Modified-Since"u8, out ReadOnlySpan<byte> modified) &&
              HttpDate.TryParse(modified, out DateTimeOffset since) && file.LastModified <= since;
        return unchanged ? new FilePreconditions(304, false) : new FilePreconditions(200, RangeApplies(request, file));
    }

    /// <summary>
    /// Only GET has ranges (section 14.2). If-Range: a part is only wanted of what the client already has a part of
    /// (section 13.1.5).
    /// </summary>
    private static bool RangeApplies(HttpRequest request, FileEntry file)
    {
        if (!request.Method.SequenceEqual("GET"u8))
            return false;
        if (!request.Headers.TryGet("If-Range"u8, out ReadOnlySpan<byte> validator))
            return true;
        if (validator.StartsWith("\""u8))
            return validator.SequenceEqual(file.Tag);
        return HttpDate.TryParse(validator, out DateTimeOffset date) && date == file.LastModified;
    }

    /// <summary>Whether a list of entity tags, or the asterisk, includes ours (section 8.8.3.2).</summary>
    private static bool Lists(ReadOnlySpan<byte> tags, ReadOnlySpan<byte> ours, bool weak)
    {
        foreach (ReadOnlySpan<byte> tag in new FieldList(tags))
        {
            if (tag.SequenceEqual("*"u8) || tag.SequenceEqual(ours))
                return true;
            if (weak && tag.StartsWith("W/"u8) && tag[2..].SequenceEqual(ours))
                return true;
        }

        return false;
    }
}
