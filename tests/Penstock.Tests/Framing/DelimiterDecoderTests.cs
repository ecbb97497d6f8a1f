using System.Buffers;
using System.Text;
using Penstock.Framing;

namespace Penstock.Tests.Framing;

public sealed class DelimiterDecoderTests
{
    [Theory]
    [InlineData("|", "a||bc|d", "[a] [] [bc] NeedMoreData")]
    [InlineData("|", "abcd|", "[abcd] NeedMoreData")]
    [InlineData("|", "abcde", "DestinationTooSmall")]
    [InlineData("--", "a-b--", "[a-b] NeedMoreData")]
    [InlineData("--", "a---", "[a] NeedMoreData")]
    [InlineData("--", "----", "[] [] NeedMoreData")]
    [InlineData("--", "abcd-", "NeedMoreData")]
    [InlineData("--", "abcde-", "DestinationTooSmall")]
    [InlineData("--", "abcd-e", "DestinationTooSmall")]
    [InlineData("--", "abcde--", "DestinationTooSmall")]
    [InlineData("@EOF@", "@EO@EOF@", "[@EO] NeedMoreData")]
    [InlineData("@EOF@", "@EOF@EOF@", "[] NeedMoreData")]
    [InlineData("@EOF@", "abcd@EOF", "NeedMoreData")]
    [InlineData("@EOF@", "abcd@EOX", "DestinationTooSmall")]
    public void The_first_delimiter_ends_a_frame(string delimiter, string stream, string expected) =>
        Assert.Equal(expected, ChunkedFeed.Feed(For(delimiter), Encoding.ASCII.GetBytes(stream), 4, chunks: []).Text);

    [Fact]
    public void Only_what_may_be_the_start_of_a_delimiter_is_searched_again()
    {
        DelimiterDecoder decoder = For("@EOF@");
        byte[] frame = Encoding.ASCII.GetBytes(new string('x', 100) + "@EOF@");
        for (int there = 0; there < frame.Length; there++)
        {
            Assert.Equal(OperationStatus.NeedMoreData, decoder.Decode(frame.AsSpan(..there), 100, out _, out _));
            Assert.Equal(Math.Max(0, there - 4), decoder.Scanned);
        }
        Assert.Equal(OperationStatus.Done, decoder.Decode(frame, 100, out _, out _));
        Assert.Equal(0, decoder.Scanned);
    }

    [Fact]
    public void What_was_searched_is_not_looked_at_again()
    {
        DelimiterDecoder decoder = For("--");
        decoder.Decode("abcd"u8, 100, out _, out _);
        // A delimiter where the decoder has looked already: it can only be missed.
        Assert.Equal(OperationStatus.NeedMoreData, decoder.Decode("a--de"u8, 100, out _, out _));
    }

    [Fact]
    public void A_full_buffer_is_not_searched_beyond_the_limit()
    {
        DelimiterDecoder decoder = For("--");
        Assert.Equal(
            OperationStatus.DestinationTooSmall, decoder.Decode(new byte[1_000_000], 10, out _, out _));
        Assert.Equal(11, decoder.Scanned);
    }

    [Fact]
    public void There_may_be_no_limit()
    {
        DelimiterDecoder decoder = For("--");
        Assert.Equal(OperationStatus.NeedMoreData, decoder.Decode("ab-"u8, int.MaxValue, out _, out _));
        Assert.Equal(OperationStatus.Done, decoder.Decode("ab--"u8, int.MaxValue, out _, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(DelimiterDecoder.MaxDelimiterBytes + 1)]
    public void A_delimiter_has_1_to_64_bytes(int length) =>
        Assert.Throws<ArgumentException>("delimiter", () => new DelimiterDecoder(new byte[length]));

    [Fact]
    public void The_default_value_cannot_decode() =>
        Assert.Throws<InvalidOperationException>(() => default(DelimiterDecoder).Decode("a"u8, 10, out _, out _));

    private static DelimiterDecoder For(string delimiter) => new(Encoding.ASCII.GetBytes(delimiter));
}
