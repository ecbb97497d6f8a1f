using Penstock.Simulation.Checks;
using Penstock.Simulation.Clients;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Tests.Scenarios;

/// <summary>The framed echo server: every reply is its request, in order.</summary>
internal class EchoScenario : Scenario
{
    private const int PrefixBytes = sizeof(uint);

    public override string Name => "echo";

    public override ConnectionHandler CreateHandler(ServerUnderTest server) => new EchoHandler();

    public override ModelClient CreateClient(
        ServerUnderTest server, SimulatedNetwork network, SimulatedConnection connection) =>
        new EchoClient(network, connection, server.Options.MaxMessageBytes);

    public override int MaxReplyBytes(ServerUnderTest server) => server.Options.MaxMessageBytes + PrefixBytes;

    public override long ReplyBytes(ConnectionRecord record) => record.Consumed;
}
