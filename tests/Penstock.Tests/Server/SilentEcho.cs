using Penstock.Framing;

namespace Penstock.Tests.Server;

/// <summary>The echo server's whole protocol, with nothing of the tests in it.</summary>
internal sealed class SilentEcho : FrameHandler<LengthPrefixDecoder>
{
    protected override void OnFrame(Connection connection, ReadOnlySpan<byte> frame) =>
        LengthPrefix.Write(connection, frame);
}
