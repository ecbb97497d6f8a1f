using Penstock.Framing;

namespace Penstock.Simulation.Tests.Scenarios;

/// <summary>
/// The echo server with a bug of the kind that simulation is for: it forgets that a connection's slot is used again,
/// and greets a client with a byte of its predecessor. A simulator that does not find it is broken itself.
/// </summary>
internal sealed class CanaryScenario : EchoScenario
{
    public override string Name => "canary";

    public override ConnectionHandler CreateHandler(ServerUnderTest server) => new CarelessHandler();

    private sealed class CarelessHandler : FrameHandler<LengthPrefixDecoder>
    {
        private readonly Dictionary<int, byte[]> _halfSaid = [];

        public override void OnOpened(Connection connection)
        {
            if (_halfSaid.Remove(connection.Id.Slot.Index, out byte[]? rest))
                LengthPrefix.Write(connection, rest);
        }

        public override void OnClosed(Connection connection, CloseReason reason)
        {
            if (reason == CloseReason.WriteStallTimeout)
                _halfSaid[connection.Id.Slot.Index] = [0];
        }

        protected override void OnFrame(Connection connection, ReadOnlySpan<byte> frame) =>
            LengthPrefix.Write(connection, frame);
    }
}
