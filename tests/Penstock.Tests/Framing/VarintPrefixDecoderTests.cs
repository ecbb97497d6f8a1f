using System.Buffers;
using Penstock.Framing;

namespace Penstock.Tests.Framing;

public sealed class VarintPrefixDecoderTests
{
    [Theory]
    [InlineData("", "NeedMoreData")]
    [InlineData("00", "[] NeedMoreData")]
    [InlineData("02686900", "[6869] [] NeedMoreData")]
    [InlineData("0268", "NeedMoreData")]
    [InlineData("05", "DestinationTooSmall")]
    [InlineData("80", "NeedMoreData")]
    [InlineData("8001", "DestinationTooSmall")]
    [InlineData("8280808000" + "6869", "[6869] NeedMoreData")]
    [InlineData("80808080", "NeedMoreData")]
    [InlineData("8080808001", "DestinationTooSmall")]
    [InlineData("FFFFFFFF0F", "DestinationTooSmall")]
    [InlineData("FFFFFFFF10", "InvalidData")]
    [InlineData("8080808080", "InvalidData")]
    [InlineData("808080808000", "InvalidData")]
    public void The_length_is_a_varint_of_at_most_5_bytes(string stream, string expected) =>
        Assert.Equal(
            expected,
            ChunkedFeed.Feed(new VarintPrefixDecoder(), Convert.FromHexString(stream), 4, chunks: []).Hex);

    [Fact]
    public void Four_gibibytes_are_refused_at_the_header_without_any_limit()
    {
        byte[] header = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F];
        OperationStatus status = new VarintPrefixDecoder().Decode(header, int.MaxValue, out _, out _);
        Assert.Equal(OperationStatus.DestinationTooSmall, status);
    }
}
