using Penstock.Http.Parsing;

namespace Penstock.Http.Bodies;

/// <summary>
/// The chunked transfer coding (RFC 9112, section 7.1), resumable at every byte. Chunk extensions are read past and
/// bounded; trailer lines are stored with the request, bounded by the head's limit.
/// </summary>
/// <remarks>
/// A size is hexadecimal digits and nothing else: no sign, no 0x, no white space except before an extension. Lines end
/// in CRLF, as in heads.
/// </remarks>
internal struct ChunkedDecoder(HttpRequest request, HttpOptions options)
{
    /// <summary>Nobody uses extensions, but a sender could make the body of a body out of them.</summary>
    private const int MaxExtensionBytes = 4_096;

    /// <summary>Zeros before a size mean nothing, but a sender could make the body of a body out of them too.</summary>
    private const int MaxLeadingZeros = 4_096;

    /// <summary>With one digit more it could overflow.</summary>
    private const long LargestSize = long.MaxValue >> 4;

    private State _state;
    private int _digits;
    private int _extension;
    private long _remaining;
    private long _total;
    private int _trailerStart;
    private int _trailerLine;

    private enum State : byte
    {
        Size,
        SpaceAfterSize,
        Extension,
        SizeLineFeed,
        Content,
        ContentReturn,
        ContentLineFeed,
        Trailers,
        Ended,
    }

    /// <inheritdoc cref="BodyDecoder.Next"/>
    public BodyStatus Next(ReadOnlySpan<byte> data, out int framing, out int content)
    {
        framing = content = 0;
        while (framing < data.Length && _state < State.Trailers)
        {
            if (_state == State.Content)
            {
                content = (int)Math.Min(_remaining, data.Length - framing);
                return BodyStatus.Content;
            }

            BodyStatus status = Step(data[framing++]);
            if (status != BodyStatus.NeedMore)
                return status;
        }

        return _state == State.Trailers ? ReadTrailers(data, ref framing) : BodyStatus.NeedMore;
    }

    /// <inheritdoc cref="BodyDecoder.Take"/>
    public void Take(int count)
    {
        _remaining -= count;
        if (_remaining == 0)
            _state = State.ContentReturn;
    }

    private BodyStatus Step(byte value) => _state switch
    {
        State.Size => StepSize(value),
        State.SpaceAfterSize => StepSpace(value),
        State.Extension => StepExtension(value),
        State.SizeLineFeed => value == '\n' ? EndSize() : BodyStatus.Invalid,
        State.ContentReturn => Expect(value, '\r', State.ContentLineFeed),
        _ => Expect(value, '\n', State.Size),
    };

    private BodyStatus StepSize(byte value)
    {
        if (char.IsAsciiHexDigit((char)value))
        {
            if (_remaining > LargestSize)
                return BodyStatus.TooLarge;
            _digits++;
            _remaining = (_remaining << 4) + HexValue(value);
            return _remaining == 0 && _digits > MaxLeadingZeros ? BodyStatus.Invalid : BodyStatus.NeedMore;
        }

        if (_digits == 0)
            return BodyStatus.Invalid;
        return value is (byte)' ' or (byte)'\t' ? Expect(value, (char)value, State.SpaceAfterSize) : StepSpace(value);
    }

    /// <summary>
    /// White space is allowed before an extension's semicolon (section 7.1.1), not before the end of the line.
    /// </summary>
    private BodyStatus StepSpace(byte value)
    {
        bool space = value is (byte)' ' or (byte)'\t';
        if (space && _state == State.SpaceAfterSize)
            return ++_extension > MaxExtensionBytes ? BodyStatus.Invalid : BodyStatus.NeedMore;
        if (value == '\r' && _state == State.Size)
            return Expect(value, '\r', State.SizeLineFeed);
        return Expect(value, ';', State.Extension);
    }

    private BodyStatus StepExtension(byte value)
    {
        if (value == '\r')
            return Expect(value, '\r', State.SizeLineFeed);
        bool allowed = value is >= 0x20 and not 0x7f or (byte)'\t';
        return allowed && ++_extension <= MaxExtensionBytes ? BodyStatus.NeedMore : BodyStatus.Invalid;
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private BodyStatus EndSize()
    {
        if (_remaining > options.MaxBodyBytes - _total)
            return BodyStatus.TooLarge;
        _total += _remaining;
        _state = _remaining == 0 ? State.Trailers : State.Content;
        _trailerStart = _trailerLine = request.Length;
        _digits = _extension = 0;
        return BodyStatus.NeedMore;
    }

    private BodyStatus Expect(byte value, char expected, State next)
    {
        if (value != expected)
            return BodyStatus.Invalid;
        _state = next;
        return BodyStatus.NeedMore;
    }

    /// <summary>Stores lines up to the empty one that ends the body.</summary>
    private BodyStatus ReadTrailers(ReadOnlySpan<byte> data, ref int framing)
    {
        while (framing < data.Length)
        {
            ReadOnlySpan<byte> rest = data[framing..];
            int end = rest.IndexOf((byte)'\n');
            int count = end < 0 ? rest.Length : end + 1;
            if (request.Length + count - _trailerStart > options.MaxHeadBytes)
                return BodyStatus.TrailersTooLarge;
            request.Append(rest[..count]);
            framing += count;
            if (end < 0)
                return BodyStatus.NeedMore;

            ReadOnlySpan<byte> line = request.Bytes[_trailerLine..];
            if (line.IndexOf((byte)'\r') != line.Length - 2)
                return BodyStatus.Invalid;
            _trailerLine = request.Length;
            if (line.Length == 2)
                return End();
        }

        return BodyStatus.NeedMore;
    }

    private BodyStatus End()
    {
        _state = State.Ended;
        request.TrailerLines = new ByteRange(_trailerStart, request.Length - _trailerStart);
        return BodyStatus.Ended;
    }
}
