using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;
using Penstock.Framing;

namespace Penstock.KeyValue.Protocol;

/// <summary>The frame of the protobuf protocol.</summary>
internal static class KeyValueFrame
{
    private static ReadOnlySpan<byte> Footer => "@EOF@"u8;

    /// <summary>A 32-bit little-endian length that counts the footer, the message, the footer.</summary>
    public static LengthPrefixFormat Format { get; } =
        LengthPrefixFormat.UInt32LittleEndian.WithTrailer(Footer, countedByLength: true);

    /// <summary>Writes a message with its frame, as one run.</summary>
    public static void Write(IBufferWriter<byte> writer, KeyValueMessage message)
    {
        int size = message.CalculateSize();
        int total = sizeof(uint) + size + Footer.Length;
        Span<byte> frame = writer.GetSpan(total)[..total];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)(size + Footer.Length));
        message.WriteTo(frame.Slice(sizeof(uint), size));
        Footer.CopyTo(frame[(sizeof(uint) + size)..]);
        writer.Advance(total);
    }
}
