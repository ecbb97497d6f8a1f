using System.Buffers;
using System.Text;
using Penstock.Framing;

namespace Penstock.Tests.Framing;

/// <summary>Every decoder and every variant of it that the contract's tests run on, by name.</summary>
internal static class DecoderCases
{
    public const int FixedSize = 7;

    private const string Footer = "@EOF@";

    public static IReadOnlyDictionary<string, DecoderCase> All { get; } = new Dictionary<string, DecoderCase>
    {
        ["u16 little-endian"] = LengthPrefixed(LengthPrefixFormat.UInt16LittleEndian, 2, bigEndian: false),
        ["u16 big-endian"] = LengthPrefixed(LengthPrefixFormat.UInt16BigEndian, 2, bigEndian: true),
        ["u32 little-endian"] = LengthPrefixed(LengthPrefixFormat.UInt32LittleEndian, 4, bigEndian: false),
        ["u32 big-endian"] = LengthPrefixed(LengthPrefixFormat.UInt32BigEndian, 4, bigEndian: true),
        ["u64 little-endian"] = LengthPrefixed(LengthPrefixFormat.UInt64LittleEndian, 8, bigEndian: false),
        ["u64 big-endian"] = LengthPrefixed(LengthPrefixFormat.UInt64BigEndian, 8, bigEndian: true),
        ["u16 big-endian, counted trailer"] =
            WithFooter(LengthPrefixFormat.UInt16BigEndian, 2, bigEndian: true, counted: true),
        ["u32 little-endian, counted trailer"] =
            WithFooter(LengthPrefixFormat.UInt32LittleEndian, 4, bigEndian: false, counted: true),
        ["u32 little-endian, trailer apart"] =
            WithFooter(LengthPrefixFormat.UInt32LittleEndian, 4, bigEndian: false, counted: false),
        ["u64 big-endian, trailer apart"] =
            WithFooter(LengthPrefixFormat.UInt64BigEndian, 8, bigEndian: true, counted: false),
        ["varint"] = Varint(),
        ["lines"] = Lines(default, "\n"),
        ["lines sent with CR LF"] = Lines(default, "\r\n"),
        ["CR LF lines"] = Lines(LineEnding.CarriageReturnLineFeed, "\r\n"),
        ["one-byte delimiter"] = Delimited("|"),
        ["two-byte delimiter"] = Delimited("\r\n"),
        ["delimiter that overlaps itself"] = Delimited("aabaa"),
        ["longest delimiter"] = Delimited(new string('a', DelimiterDecoder.MaxDelimiterBytes - 1) + "b"),
        ["fixed size"] = Fixed(),
    };

    private static StructDecoderCase<LengthPrefixDecoder> WithFooter(
        LengthPrefixFormat format, int width, bool bigEndian, bool counted) =>
        LengthPrefixed(
            format.WithTrailer(Encoding.ASCII.GetBytes(Footer), counted), width, bigEndian, Footer, counted);

    private static StructDecoderCase<LengthPrefixDecoder> LengthPrefixed(
        LengthPrefixFormat format, int width, bool bigEndian, string trailer = "", bool counted = false) =>
        new(new LengthPrefixDecoder(format))
        {
            Encode = payload => Written(writer => LengthPrefix.Write(writer, payload, format)),
            Naive = NaiveParsers.LengthPrefix(width, bigEndian, trailer, counted),
            Alphabet = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 5, 6, 0xFF, .. "@EOF@"u8],
            BytesToRefuse = _ => width,
        };

    private static StructDecoderCase<VarintPrefixDecoder> Varint() =>
        new(default)
        {
            Encode = payload => Written(writer => VarintPrefix.Write(writer, payload)),
            Naive = NaiveParsers.Varint,
            Alphabet = [0, 1, 2, 3, 0x0F, 0x10, 0x7F, 0x80, 0x80, 0x80, 0x81, 0x8F, 0xFF],
            BytesToRefuse = length => length < 128 ? 1 : length < 16384 ? 2 : 3,
        };

    private static StructDecoderCase<LineDecoder> Lines(LineEnding required, string sent) =>
        new(new LineDecoder(required))
        {
            Encode = payload => [.. payload, .. Encoding.ASCII.GetBytes(sent)],
            Naive = NaiveParsers.Line(required == LineEnding.CarriageReturnLineFeed),
            ToPayload = bytes => Without(bytes, (byte)'\n', (byte)'\r'),
            Alphabet = "\n\r\r\r\nabc"u8.ToArray(),
            BytesToRefuse = length => length,
        };

    private static StructDecoderCase<DelimiterDecoder> Delimited(string delimiter) =>
        new(new DelimiterDecoder(Encoding.ASCII.GetBytes(delimiter)))
        {
            Encode = payload => [.. payload, .. Encoding.ASCII.GetBytes(delimiter)],
            Naive = NaiveParsers.Delimiter(delimiter),
            ToPayload = bytes => Without(bytes, (byte)delimiter[0]),
            Alphabet = [.. Encoding.ASCII.GetBytes(delimiter), (byte)'x'],
            BytesToRefuse = length => length,
        };

    private static StructDecoderCase<FixedSizeDecoder> Fixed() =>
        new(new FixedSizeDecoder(FixedSize))
        {
            Encode = payload => payload,
            Naive = NaiveParsers.FixedSize(FixedSize),
            ToPayload = bytes => [.. bytes.Concat(new byte[FixedSize]).Take(FixedSize)],
            Alphabet = [0, 1],
            BytesToRefuse = _ => 0,
        };

    private static byte[] Without(byte[] bytes, params byte[] unwanted) =>
        [.. bytes.Select(b => unwanted.Contains(b) ? (byte)'_' : b)];

    private static byte[] Written(Action<ArrayBufferWriter<byte>> write)
    {
        var writer = new ArrayBufferWriter<byte>();
        write(writer);
        return writer.WrittenSpan.ToArray();
    }
}
