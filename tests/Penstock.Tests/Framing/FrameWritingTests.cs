using System.Runtime.InteropServices;
using Penstock.Framing;

namespace Penstock.Tests.Framing;

/// <summary>What <see cref="LengthPrefix"/> and <see cref="VarintPrefix"/> put on the wire, and how.</summary>
public sealed class FrameWritingTests
{
    private static readonly LengthPrefixFormat KeyValue =
        LengthPrefixFormat.UInt32LittleEndian.WithTrailer("@EOF@"u8, countedByLength: true);

    private readonly RecordingWriter _writer = new();

    [Theory]
    [InlineData("u16 little-endian", "02006869")]
    [InlineData("u16 big-endian", "00026869")]
    [InlineData("u32 little-endian", "020000006869")]
    [InlineData("u32 big-endian", "000000026869")]
    [InlineData("u64 little-endian", "02000000000000006869")]
    [InlineData("u64 big-endian", "00000000000000026869")]
    [InlineData("u32 little-endian, counted trailer", "07000000686940454F4640")]
    [InlineData("u32 little-endian, trailer apart", "02000000686940454F4640")]
    [InlineData("varint", "026869")]
    public void A_frame_is_written_byte_for_byte(string format, string expected) =>
        Assert.Equal(expected, Convert.ToHexString(DecoderCases.All[format].Encode("hi"u8.ToArray())));

    [Theory]
    [InlineData(0, "00")]
    [InlineData(127, "7F")]
    [InlineData(128, "8001")]
    [InlineData(300, "AC02")]
    [InlineData(16_383, "FF7F")]
    [InlineData(16_384, "808001")]
    [InlineData(2_097_151, "FFFF7F")]
    [InlineData(2_097_152, "80808001")]
    public void A_varint_length_takes_the_fewest_bytes(int length, string expected)
    {
        VarintPrefix.Write(_writer, new byte[length]);
        Assert.Equal(expected, _writer.Hex[..^(2 * length)]);
    }

    [Fact]
    public void The_default_format_is_4_bytes_little_endian()
    {
        LengthPrefix.Write(_writer, "hi"u8);
        LengthPrefix.Write(_writer, "hi"u8, default);
        Assert.Equal("020000006869020000006869", _writer.Hex);
    }

    [Fact]
    public void A_frame_takes_one_request_for_room_and_one_advance()
    {
        LengthPrefix.Write(_writer, "hi"u8);
        Assert.Equal((1, 1), (_writer.Requests, _writer.Advances));
        LengthPrefix.Write(_writer, "hi"u8, KeyValue);
        Assert.Equal((2, 2), (_writer.Requests, _writer.Advances));
        VarintPrefix.Write(_writer, "hi"u8);
        Assert.Equal((3, 3), (_writer.Requests, _writer.Advances));
    }

    [Fact]
    public void The_longest_payload_of_a_format_is_written_and_one_byte_more_is_refused()
    {
        LengthPrefixFormat format = LengthPrefixFormat.UInt16LittleEndian.WithTrailer("\0"u8, countedByLength: true);
        LengthPrefix.Write(_writer, new byte[65_534], format);
        Assert.StartsWith("FFFF", _writer.Hex);

        Assert.Throws<ArgumentException>("payload", () => LengthPrefix.Write(_writer, new byte[65_535], format));
        Assert.Equal((1, 1), (_writer.Requests, _writer.Advances));
    }

    [Fact]
    public void A_frame_that_no_span_can_hold_is_refused()
    {
        Assert.Throws<ArgumentException>("payload", () => LengthPrefix.Write(_writer, Huge()));
        Assert.Throws<ArgumentException>("payload", () => LengthPrefix.Write(_writer, Huge(), KeyValue));
        Assert.Throws<ArgumentException>("payload", () => VarintPrefix.Write(_writer, Huge()));
        Assert.Equal((0, 0), (_writer.Requests, _writer.Advances));
    }

    // Two gibibytes that are not there: enough for code that must look at nothing but the length.
    private static ReadOnlySpan<byte> Huge() =>
        MemoryMarshal.CreateReadOnlySpan(in MemoryMarshal.GetArrayDataReference(Array.Empty<byte>()), int.MaxValue);
}
