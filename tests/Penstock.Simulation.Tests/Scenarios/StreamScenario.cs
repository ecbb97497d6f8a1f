using Penstock.Simulation.Clients;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Tests.Scenarios;

/// <summary>
/// A handler without a decoder, that keeps odd bytes back and has a lot to say after its peer has finished: half-closed
/// connections, backpressure on what no request asked for, and the plain <see cref="ConnectionHandler"/> contract.
/// </summary>
internal sealed class StreamScenario : Scenario
{
    public override string Name => "stream";

    public override ConnectionHandler CreateHandler(ServerUnderTest server) => new StreamHandler();

    public override ModelClient CreateClient(
        ServerUnderTest server, SimulatedNetwork network, SimulatedConnection connection) =>
        new StreamClient(network, connection);

    public override int MaxReplyBytes(ServerUnderTest server) => StreamHandler.FarewellPieceBytes;

    /// <summary>What the handler leaves is never more than one unit.</summary>
    public override void Adjust(ServerOptions options) =>
        options.MaxMessageBytes = Math.Max(options.MaxMessageBytes, StreamHandler.UnitBytes);
}
