using Penstock.Framing;

namespace Penstock.Tests.Server;

/// <summary>Sends every frame back, and reports to the test.</summary>
internal sealed class EchoHandler(ConnectionJournal journal) : FrameHandler<LengthPrefixDecoder>
{
    public override void OnOpened(Connection connection) => journal.OnOpened(connection);

    public override void OnClosed(Connection connection, CloseReason reason) => journal.OnClosed(connection, reason);

    protected override void OnFrame(Connection connection, ReadOnlySpan<byte> frame) =>
        LengthPrefix.Write(connection, frame);
}
