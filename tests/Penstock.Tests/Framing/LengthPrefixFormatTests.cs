using Penstock.Framing;

namespace Penstock.Tests.Framing;

public sealed class LengthPrefixFormatTests
{
    [Fact]
    public void A_trailer_is_copied()
    {
        byte[] trailer = [1, 2];
        LengthPrefixFormat format = LengthPrefixFormat.UInt32LittleEndian.WithTrailer(trailer, countedByLength: true);
        trailer[0] = 9;
        Assert.Equal([1, 2], format.Trailer.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(LengthPrefixFormat.MaxTrailerBytes + 1)]
    public void A_trailer_has_1_to_64_bytes(int length) =>
        Assert.Throws<ArgumentException>(
            "trailer", () => LengthPrefixFormat.UInt16BigEndian.WithTrailer(new byte[length], countedByLength: true));

    [Fact]
    public void The_longest_payload_is_bounded_by_the_length_and_by_what_a_span_holds()
    {
        LengthPrefixFormat u16 = LengthPrefixFormat.UInt16BigEndian;
        Assert.Equal(65_535, u16.MaxPayloadBytes);
        Assert.Equal(65_530, u16.WithTrailer("@EOF@"u8, countedByLength: true).MaxPayloadBytes);
        Assert.Equal(65_535, u16.WithTrailer("@EOF@"u8, countedByLength: false).MaxPayloadBytes);
        Assert.Equal(int.MaxValue - 4, LengthPrefixFormat.UInt32LittleEndian.MaxPayloadBytes);
        Assert.Equal(int.MaxValue - 8, LengthPrefixFormat.UInt64LittleEndian.MaxPayloadBytes);
    }
}
