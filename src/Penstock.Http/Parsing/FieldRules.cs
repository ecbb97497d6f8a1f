using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Penstock.Http.Parsing;

/// <summary>
/// What the fields of a head must be for the message to have one meaning: where its body ends, whom it is for, whether
/// the connection stays. Every status is the one that the cited section asks for.
/// </summary>
internal static class FieldRules
{
    private const int BadRequest = StatusCodes.Status400BadRequest;

    /// <summary>
    /// Returns 0, or the status of the first rule that is broken. That no value holds a control has been seen to.
    /// </summary>
    public static int Check(HttpRequest request, HttpOptions options)
    {
        if (request.Headers.Count > options.MaxHeaders)
            return StatusCodes.Status431RequestHeaderFieldsTooLarge;
        int status = 0;
        var seen = new SeenFields();
        request.KeepAlive = request.Version == HttpVersion.Http11;
        for (int i = 0; i < request.Headers.Count && status == 0; i++)
            status = Take(request, i, ref seen);
        return status != 0 ? status : CheckTogether(request, in seen);
    }

    /// <summary>
    /// As <see cref="Check"/>, for fields that mean nothing to the message: their number and their names.
    /// </summary>
    public static int CheckTrailers(HttpHeaders trailers, HttpOptions options)
    {
        if (trailers.Count > options.MaxHeaders)
            return StatusCodes.Status431RequestHeaderFieldsTooLarge;
        for (int i = 0; i < trailers.Count; i++)
        {
            if (!Tokens.IsToken(trailers.NameAt(i)))
                return BadRequest;
        }

        return 0;
    }

    private static int Take(HttpRequest request, int index, ref SeenFields seen)
    {
        // Lengths first: most fields of a request are none of these, and are told apart without looking at a name.
        HttpHeaders headers = request.Headers;
        ReadOnlySpan<byte> name = headers.NameAt(index);
        return name.Length switch
        {
            4 when Is(name, "Host"u8) => TakeHost(request, headers.ValueAt(index), ref seen),
            6 when Is(name, "Expect"u8) => TakeExpect(request, headers.ValueAt(index)),
            10 when Is(name, "Connection"u8) => TakeConnection(request, headers.ValueAt(index), ref seen),
            14 when Is(name, "Content-Length"u8) => TakeLength(request, headers.ValueAt(index), ref seen),
            17 when Is(name, "Transfer-Encoding"u8) => TakeCoding(headers.ValueAt(index), ref seen),
            _ => Tokens.IsToken(name) ? 0 : BadRequest,
        };
    }

    /// <summary>RFC 9112, section 3.2: more than one, or one that is no authority, is answered 400.</summary>
    private static int TakeHost(HttpRequest request, ReadOnlySpan<byte> value, ref SeenFields seen)
    {
        if (seen.Host || !Authority.IsValid(value))
            return BadRequest;
        seen.Host = true;
        request.SetHost(value);
        return 0;
    }

    /// <summary>
    /// RFC 9110, section 10.1.1: a list, which may be empty. 417 for what is not understood; ignored in an HTTP/1.0
    /// request.
    /// </summary>
    private static int TakeExpect(HttpRequest request, ReadOnlySpan<byte> value)
    {
        if (request.Version == HttpVersion.Http10)
            return 0;
        foreach (ReadOnlySpan<byte> expectation in new FieldList(value))
        {
            if (!Ascii.EqualsIgnoreCase(expectation, "100-continue"u8))
                return StatusCodes.Status417ExpectationFailed;
            request.ExpectsContinue = true;
        }

        return 0;
    }

    /// <summary>RFC 9112, section 9.3: close wins over keep-alive.</summary>
    private static int TakeConnection(HttpRequest request, ReadOnlySpan<byte> value, ref SeenFields seen)
    {
        if (Is(value, "keep-alive"u8))
        {
            // What most clients say, and nothing to take apart.
            seen.KeepAlive = true;
        }
        else
        {
            TakeOptions(value, ref seen);
        }

        request.KeepAlive = !seen.Close && (seen.KeepAlive || request.Version == HttpVersion.Http11);
        return 0;
    }

    private static void TakeOptions(ReadOnlySpan<byte> value, ref SeenFields seen)
    {
        foreach (ReadOnlySpan<byte> option in new FieldList(value))
        {
            seen.Close |= Ascii.EqualsIgnoreCase(option, "close"u8);
            seen.KeepAlive |= Ascii.EqualsIgnoreCase(option, "keep-alive"u8);
        }
    }

    /// <summary>
    /// RFC 9112, section 6.3: one decimal number. A repeated one may be accepted when all agree; it is refused, because
    /// the next recipient may choose otherwise.
    /// </summary>
    private static int TakeLength(HttpRequest request, ReadOnlySpan<byte> value, ref SeenFields seen)
    {
        if (seen.Length || value.IsEmpty || value.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return BadRequest;
        seen.Length = true;

        // Digits that overflow are still a length, only one that is over any limit.
        if (!long.TryParse(value, out long length))
            return StatusCodes.Status413PayloadTooLarge;
        request.DeclaredLength = length;
        return 0;
    }

    private static int TakeCoding(ReadOnlySpan<byte> value, ref SeenFields seen)
    {
        seen.Coding = true;
        foreach (ReadOnlySpan<byte> coding in new FieldList(value))
            seen.Codings.Add(coding);
        return 0;
    }

    /// <summary>
    /// Without case, but first as it is usually written, which the compiler makes two comparisons of.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> usual) =>
        text.SequenceEqual(usual) || Ascii.EqualsIgnoreCase(text, usual);

    private static int CheckTogether(HttpRequest request, in SeenFields seen)
    {
        // RFC 9112, section 3.2: an HTTP/1.1 request must say whom it is for.
        if (!seen.Host && request.Version == HttpVersion.Http11)
            return BadRequest;
        if (!seen.Coding)
            return 0;

        // RFC 9112, sections 6.1 and 6.3: with a length as well, or in HTTP/1.0, the framing is faulty.
        if (seen.Length || request.Version == HttpVersion.Http10)
            return BadRequest;
        request.IsChunked = true;
        return seen.Codings.Status;
    }

    private struct SeenFields
    {
        public bool Host;
        public bool Length;
        public bool Coding;
        public bool Close;
        public bool KeepAlive;
        public CodingList Codings;
    }
}
