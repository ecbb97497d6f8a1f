using System.Buffers.Binary;
using Penstock.Broadcast;

namespace Penstock.Simulation.Tests.Scenarios.Broadcast;

/// <summary>What a message is on the wire, written without the engine's framing.</summary>
internal static class Wire
{
    /// <summary>A payload that the framing can carry, in its frame.</summary>
    public static byte[] Frame(BroadcastFraming framing, byte[] payload)
    {
        switch (framing)
        {
            case BroadcastFraming.Lines:
                return [.. payload.Select(value => value is (byte)'\n' or (byte)'\r' ? (byte)'.' : value), (byte)'\n'];
            case BroadcastFraming.UInt32LittleEndian:
                return [.. BitConverter.GetBytes(payload.Length), .. payload];
            case BroadcastFraming.UInt64BigEndian:
                return [.. BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness((long)payload.Length)), .. payload];
            default:
                return payload.Length == 0 ? [0] : payload;
        }
    }

    /// <summary>The length of the frame that bytes begin with; 0 when it is not whole. Not for raw bytes.</summary>
    public static int LengthOf(BroadcastFraming framing, ReadOnlySpan<byte> bytes)
    {
        long length = framing switch
        {
            BroadcastFraming.Lines => bytes.IndexOf((byte)'\n') + 1,
            BroadcastFraming.UInt32LittleEndian =>
                bytes.Length < 4 ? 0 : 4L + BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            _ => bytes.Length < 8 ? 0 : 8 + BinaryPrimitives.ReadInt64BigEndian(bytes),
        };
        return length <= bytes.Length ? (int)length : 0;
    }
}
