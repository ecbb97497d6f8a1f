using System.Buffers.Binary;

namespace Penstock.Simulation.Tests.Scenarios.KeyValue;

/// <summary>
/// The key-value message on the wire, encoded by hand: the server's encoder must not be what its replies are compared
/// with.
/// </summary>
internal readonly record struct ProtobufMessage(string Key, string Value, int Kind, int Status)
{
    public const int Get = 1;
    public const int GetResponse = 2;
    public const int Put = 3;

    private const string Footer = "@EOF@";

    /// <summary>Bytes of a frame beside key and value.</summary>
    public const int MaxOverhead = 32;

    /// <summary>Length, fields in order without those that have their default, footer.</summary>
    public byte[] ToFrame()
    {
        string fields = Field(0x0A, Key) + Field(0x12, Value) + Field(0x18, Kind) + Field(0x20, Status) + Footer;
        byte[] frame = [0, 0, 0, 0, .. Resp.Bytes(fields)];
        BinaryPrimitives.WriteInt32LittleEndian(frame, fields.Length);
        return frame;
    }

    private static string Field(int tag, string value) =>
        value.Length == 0 ? "" : (char)tag + Varint(value.Length) + value;

    private static string Field(int tag, int value) => value == 0 ? "" : (char)tag + Varint(value);

    private static string Varint(int value) =>
        value < 0x80 ? ((char)value).ToString() : (char)((value & 0x7F) | 0x80) + Varint(value >> 7);
}
