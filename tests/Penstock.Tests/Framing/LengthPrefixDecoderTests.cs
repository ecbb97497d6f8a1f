using System.Buffers;
using Penstock.Framing;

namespace Penstock.Tests.Framing;

public sealed class LengthPrefixDecoderTests
{
    private static readonly LengthPrefixFormat KeyValue =
        LengthPrefixFormat.UInt32LittleEndian.WithTrailer("@EOF@"u8, countedByLength: true);

    [Theory]
    [InlineData("", "NeedMoreData")]
    [InlineData("020000", "NeedMoreData")]
    [InlineData("0200000068", "NeedMoreData")]
    [InlineData("020000006869", "[6869] NeedMoreData")]
    [InlineData("00000000", "[] NeedMoreData")]
    [InlineData("00000000010000004101", "[] [41] NeedMoreData")]
    [InlineData("0500000041", "DestinationTooSmall")]
    [InlineData("000000014142", "DestinationTooSmall")]
    [InlineData("FFFFFFFF", "DestinationTooSmall")]
    public void The_default_is_a_4_byte_little_endian_length(string stream, string expected)
    {
        byte[] bytes = Convert.FromHexString(stream);
        Assert.Equal(expected, ChunkedFeed.Feed(default(LengthPrefixDecoder), bytes, 4, chunks: []).Hex);
        Assert.Equal(expected, ChunkedFeed.Feed(new LengthPrefixDecoder(), bytes, 4, chunks: []).Hex);
        Assert.Equal(expected, ChunkedFeed.Feed(new LengthPrefixDecoder(default), bytes, 4, chunks: []).Hex);
    }

    [Theory]
    [InlineData("u16 little-endian", "0200 6869", "[6869] NeedMoreData")]
    [InlineData("u16 little-endian", "FFFF", "DestinationTooSmall")]
    [InlineData("u16 big-endian", "0002 6869", "[6869] NeedMoreData")]
    [InlineData("u16 big-endian", "0200", "DestinationTooSmall")]
    [InlineData("u32 big-endian", "00000002 6869", "[6869] NeedMoreData")]
    [InlineData("u32 big-endian", "80000000", "DestinationTooSmall")]
    [InlineData("u64 little-endian", "0200000000000000 6869", "[6869] NeedMoreData")]
    [InlineData("u64 big-endian", "0000000000000002 6869", "[6869] NeedMoreData")]
    [InlineData("u64 big-endian", "00000000000000", "NeedMoreData")]
    public void The_length_is_read_in_its_width_and_byte_order(string format, string stream, string expected) =>
        Assert.Equal(expected, DecoderCases.All[format].Feed(FromHex(stream), maxFrameBytes: 4, chunks: []).Hex);

    [Theory]
    [InlineData("0000000080000000")]
    [InlineData("0000000100000000")]
    [InlineData("0000000100000002")]
    [InlineData("8000000000000000")]
    [InlineData("FFFFFFFFFFFFFFFF")]
    public void A_length_that_no_buffer_can_hold_is_refused_at_the_header(string header)
    {
        var decoder = new LengthPrefixDecoder(LengthPrefixFormat.UInt64BigEndian);
        Assert.Equal(
            OperationStatus.DestinationTooSmall, decoder.Decode(FromHex(header), int.MaxValue, out _, out _));
    }

    [Fact]
    public void Four_gibibytes_are_refused_at_the_header_without_any_limit()
    {
        OperationStatus status = new LengthPrefixDecoder().Decode(FromHex("FFFFFFFF"), int.MaxValue, out _, out _);
        Assert.Equal(OperationStatus.DestinationTooSmall, status);
    }

    [Theory]
    [InlineData("05000000 40454F4640", "[] NeedMoreData")]
    [InlineData("07000000 6869 40454F4640", "[6869] NeedMoreData")]
    [InlineData("07000000 6869 40454F46", "NeedMoreData")]
    [InlineData("07000000 6869 40454F4641", "InvalidData")]
    [InlineData("07000000 4140454F4640 40", "InvalidData")]
    [InlineData("04000000", "InvalidData")]
    [InlineData("00000000", "InvalidData")]
    [InlineData("09000000", "NeedMoreData")]
    [InlineData("0A000000", "DestinationTooSmall")]
    [InlineData("FFFFFFFF", "DestinationTooSmall")]
    public void A_counted_trailer_is_part_of_the_length_and_not_of_the_payload(string stream, string expected)
    {
        var decoder = new LengthPrefixDecoder(KeyValue);
        Assert.Equal(expected, ChunkedFeed.Feed(decoder, FromHex(stream), maxFrameBytes: 4, chunks: []).Hex);
    }

    [Theory]
    [InlineData("0000 0D0A", "[] NeedMoreData")]
    [InlineData("0002 6869 0D0A 0001 41 0D0A", "[6869] [41] NeedMoreData")]
    [InlineData("0002 6869 0D", "NeedMoreData")]
    [InlineData("0002 6869 0A0D", "InvalidData")]
    [InlineData("0004", "NeedMoreData")]
    [InlineData("0005", "DestinationTooSmall")]
    public void A_trailer_that_the_length_does_not_count_follows_it(string stream, string expected)
    {
        LengthPrefixFormat format = LengthPrefixFormat.UInt16BigEndian.WithTrailer("\r\n"u8, countedByLength: false);
        var decoder = new LengthPrefixDecoder(format);
        Assert.Equal(expected, ChunkedFeed.Feed(decoder, FromHex(stream), maxFrameBytes: 4, chunks: []).Hex);
    }

    [Fact]
    public void A_trailer_after_the_longest_payload_does_not_overflow()
    {
        LengthPrefixFormat format = LengthPrefixFormat.UInt32BigEndian.WithTrailer("\r\n"u8, countedByLength: false);
        OperationStatus status =
            new LengthPrefixDecoder(format).Decode(FromHex("7FFFFFFF 41"), int.MaxValue, out _, out _);
        Assert.Equal(OperationStatus.NeedMoreData, status);
    }

    private static byte[] FromHex(string text) => Convert.FromHexString(text.Replace(" ", ""));
}
