using System.Buffers;
using System.Text;
using Penstock.Framing;

namespace Penstock.Tests.Framing;

public sealed class LineDecoderTests
{
    [Theory]
    [InlineData("", "NeedMoreData")]
    [InlineData("a", "NeedMoreData")]
    [InlineData("\n", "[] NeedMoreData")]
    [InlineData("\r\n", "[] NeedMoreData")]
    [InlineData("a\nbc\r\nd", "[a] [bc] NeedMoreData")]
    [InlineData("a\rb\n", "[a\rb] NeedMoreData")]
    [InlineData("a\r\r\n", "[a\r] NeedMoreData")]
    [InlineData("\r", "NeedMoreData")]
    [InlineData("abcd\n", "[abcd] NeedMoreData")]
    [InlineData("abcd\r\n", "[abcd] NeedMoreData")]
    [InlineData("abcd\r", "NeedMoreData")]
    [InlineData("abcd\r\r", "DestinationTooSmall")]
    [InlineData("abcde", "DestinationTooSmall")]
    [InlineData("abcde\n", "DestinationTooSmall")]
    [InlineData("abcde\r\n", "DestinationTooSmall")]
    [InlineData("abcdefgh\n", "DestinationTooSmall")]
    public void Lf_ends_a_line_and_a_cr_before_it_is_dropped(string stream, string expected) =>
        Assert.Equal(expected, Feed(new LineDecoder(), stream));

    [Theory]
    [InlineData("a\r\n\r\n", "[a] [] NeedMoreData")]
    [InlineData("a\n", "InvalidData")]
    [InlineData("\n", "InvalidData")]
    [InlineData("a\r\nb\nc\r\n", "[a] InvalidData")]
    [InlineData("a\rb\r\n", "[a\rb] NeedMoreData")]
    [InlineData("abcde\n", "DestinationTooSmall")]
    public void A_lone_lf_is_refused_where_cr_lf_is_required(string stream, string expected) =>
        Assert.Equal(expected, Feed(new LineDecoder(LineEnding.CarriageReturnLineFeed), stream));

    [Fact]
    public void No_byte_is_searched_twice()
    {
        var decoder = new LineDecoder();
        byte[] line = [.. Enumerable.Repeat((byte)'x', 100), (byte)'\n'];
        for (int there = 0; there < line.Length; there++)
        {
            Assert.Equal(OperationStatus.NeedMoreData, decoder.Decode(line.AsSpan(..there), 100, out _, out _));
            Assert.Equal(there, decoder.Scanned);
        }
        Assert.Equal(OperationStatus.Done, decoder.Decode(line, 100, out _, out _));
        Assert.Equal(0, decoder.Scanned);
    }

    [Fact]
    public void What_was_searched_is_not_looked_at_again()
    {
        var decoder = new LineDecoder();
        decoder.Decode("abc"u8, 100, out _, out _);
        // A line feed where the decoder has looked already: it can only be missed.
        Assert.Equal(OperationStatus.NeedMoreData, decoder.Decode("a\ncd"u8, 100, out _, out _));
    }

    [Fact]
    public void A_full_buffer_is_not_searched_beyond_the_limit()
    {
        var decoder = new LineDecoder();
        Assert.Equal(
            OperationStatus.DestinationTooSmall, decoder.Decode(new byte[1_000_000], 10, out _, out _));
        Assert.Equal(12, decoder.Scanned);
    }

    [Fact]
    public void There_may_be_no_limit()
    {
        var decoder = new LineDecoder();
        Assert.Equal(OperationStatus.NeedMoreData, decoder.Decode("ab"u8, int.MaxValue, out _, out _));
        Assert.Equal(OperationStatus.Done, decoder.Decode("ab\n"u8, int.MaxValue, out _, out _));
    }

    private static string Feed(LineDecoder decoder, string stream) =>
        ChunkedFeed.Feed(decoder, Encoding.ASCII.GetBytes(stream), maxFrameBytes: 4, chunks: []).Text;
}
