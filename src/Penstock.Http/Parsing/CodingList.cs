using System.Text;
using Microsoft.AspNetCore.Http;

namespace Penstock.Http.Parsing;

/// <summary>
/// Judges transfer codings in the order applied (RFC 9112, sections 6.1, 6.3 and 7). Only chunked is implemented, and
/// that it comes last is what makes the end of a body known.
/// </summary>
internal struct CodingList
{
    private int _chunked;
    private bool _chunkedIsLast;
    private bool _malformed;
    private bool _anyOther;
    private bool _anyUnknown;

    /// <summary>0 for chunked alone; 400 when the body has no end; 501 for codings that are not implemented.</summary>
    public readonly int Status
    {
        get
        {
            if (_malformed || _chunked > 1)
                return StatusCodes.Status400BadRequest;
            if (_chunkedIsLast)
                return _anyOther ? StatusCodes.Status501NotImplemented : 0;
            return _anyUnknown ? StatusCodes.Status501NotImplemented : StatusCodes.Status400BadRequest;
        }
    }

    public void Add(ReadOnlySpan<byte> coding)
    {
        _chunkedIsLast = Ascii.EqualsIgnoreCase(coding, "chunked"u8);
        if (_chunkedIsLast)
        {
            _chunked++;
            return;
        }

        int parameters = coding.IndexOf((byte)';');
        ReadOnlySpan<byte> name = parameters < 0 ? coding : coding[..parameters].TrimEnd(" \t"u8);

        // Chunked defines no parameters; their presence is an error (section 7).
        _malformed |= !Tokens.IsToken(name) || Ascii.EqualsIgnoreCase(name, "chunked"u8);
        _anyOther = true;
        _anyUnknown |= !IsRegistered(name);
    }

    private static bool IsRegistered(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "gzip"u8) || Ascii.EqualsIgnoreCase(name, "x-gzip"u8) ||
        Ascii.EqualsIgnoreCase(name, "deflate"u8) || Ascii.EqualsIgnoreCase(name, "compress"u8) ||
        Ascii.EqualsIgnoreCase(name, "x-compress"u8);
}
