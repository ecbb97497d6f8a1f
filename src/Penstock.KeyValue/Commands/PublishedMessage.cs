using System.Buffers;
using Penstock.KeyValue.Protocol;

namespace Penstock.KeyValue.Commands;

/// <summary>
/// A message as a subscriber sees it: the kind, the pattern if it came through one, the channel, the text.
/// </summary>
internal static class PublishedMessage
{
    /// <summary>Type byte, number and line end of each part, and the line ends behind them.</summary>
    private const int FramingBytes = 5 * (RespNumber.MaxInt64Bytes + 5);

    public static SharedPayload Encode(
        bool resp3, byte[]? pattern, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload)
    {
        int length = FramingBytes + "pmessage".Length + (pattern?.Length ?? 0) + channel.Length + payload.Length;
        SharedPayload message = SharedPayload.Create(length);
        WriteHeader(message, (byte)(resp3 ? '>' : '*'), pattern is null ? 3 : 4);
        WriteBulk(message, pattern is null ? "message"u8 : "pmessage"u8);
        if (pattern is not null)
            WriteBulk(message, pattern);
        WriteBulk(message, channel);
        WriteBulk(message, payload);
        return message;
    }

    private static void WriteBulk(SharedPayload message, ReadOnlySpan<byte> value)
    {
        WriteHeader(message, (byte)'$', value.Length);
        message.Write(value);
        message.Write("\r\n"u8);
    }

    private static void WriteHeader(SharedPayload message, byte type, int number)
    {
        Span<byte> span = message.GetSpan(RespNumber.MaxInt64Bytes + 3);
        span[0] = type;
        int digits = RespNumber.Write(number, span[1..]);
        "\r\n"u8.CopyTo(span[(digits + 1)..]);
        message.Advance(digits + 3);
    }
}
