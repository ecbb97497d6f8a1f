using System.Buffers;
using System.Text;
using Penstock.Framing;

namespace Penstock.Tests.Framing;

public sealed class FixedSizeDecoderTests
{
    [Theory]
    [InlineData("", "NeedMoreData")]
    [InlineData("ab", "NeedMoreData")]
    [InlineData("abc", "[abc] NeedMoreData")]
    [InlineData("abcdefg", "[abc] [def] NeedMoreData")]
    public void Frames_follow_each_other_without_anything_between(string stream, string expected) =>
        Assert.Equal(
            expected, ChunkedFeed.Feed(new FixedSizeDecoder(3), Encoding.ASCII.GetBytes(stream), 3, chunks: []).Text);

    [Fact]
    public void A_size_over_the_limit_is_refused_before_any_byte() =>
        Assert.Equal(OperationStatus.DestinationTooSmall, new FixedSizeDecoder(3).Decode([], 2, out _, out _));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_size_is_positive(int size) =>
        Assert.Throws<ArgumentOutOfRangeException>(nameof(size), () => new FixedSizeDecoder(size));

    [Fact]
    public void The_default_value_cannot_decode() =>
        Assert.Throws<InvalidOperationException>(() => default(FixedSizeDecoder).Decode("a"u8, 10, out _, out _));
}
