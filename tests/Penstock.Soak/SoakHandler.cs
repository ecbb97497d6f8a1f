using Penstock.Framing;

namespace Penstock.Soak;

/// <summary>The echo server, counting.</summary>
internal sealed class SoakHandler(SoakAccount account) : FrameHandler<LengthPrefixDecoder>
{
    public override void OnOpened(Connection connection) => account.CountOpened();

    public override void OnClosed(Connection connection, CloseReason reason)
    {
        account.CountClosed();
        if (reason is CloseReason.HandlerFault or CloseReason.LoopFault)
            account.Fail($"a connection ended with {reason}");
    }

    protected override void OnFrame(Connection connection, ReadOnlySpan<byte> frame) =>
        LengthPrefix.Write(connection, frame);
}
