using Penstock.Framing;

namespace Penstock.Simulation.Tests.Scenarios;

/// <summary>What the echo command serves.</summary>
internal sealed class EchoHandler : FrameHandler<LengthPrefixDecoder>
{
    protected override void OnFrame(Connection connection, ReadOnlySpan<byte> frame) =>
        LengthPrefix.Write(connection, frame);
}
