using Google.Protobuf;
using Penstock.Framing;
using Penstock.KeyValue.Protocol;

namespace Penstock.Simulation.Tests.Fuzz;

/// <summary>Frames of the protobuf protocol and the messages in them, as their handler takes them apart.</summary>
internal sealed class KeyValueFrameFuzz() : FuzzTarget("protobuf")
{
    private readonly FuzzTarget _frames = Of("protobuf", () => new LengthPrefixDecoder(KeyValueFrame.Format));

    public override string Feed(byte[] input, int pieceBytes)
    {
        string log = _frames.Feed(input, pieceBytes);
        foreach (string frame in log.Split(';').SkipLast(1))
            Parse(Convert.FromHexString(frame));
        return log;
    }

    /// <summary>A message or none; and what is one is the same when it is written and read again.</summary>
    private static void Parse(byte[] frame)
    {
        KeyValueMessage message;
        try
        {
            message = KeyValueMessage.Parser.ParseFrom(frame.AsSpan());
        }
        catch (InvalidProtocolBufferException)
        {
            return;
        }

        InvariantException.Require(
            KeyValueMessage.Parser.ParseFrom(message.ToByteArray()).Equals(message), $"a message changed on its way");
    }
}
