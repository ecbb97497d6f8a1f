using Penstock.Framing;

namespace Penstock.Cli;

/// <summary>The framed echo server's whole protocol.</summary>
internal sealed class EchoHandler : FrameHandler<LengthPrefixDecoder>
{
    protected override void OnFrame(Connection connection, ReadOnlySpan<byte> frame) =>
        LengthPrefix.Write(connection, frame);
}
