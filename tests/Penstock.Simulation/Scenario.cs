using Penstock.Simulation.Checks;
using Penstock.Simulation.Clients;
using Penstock.Simulation.Network;

namespace Penstock.Simulation;

/// <summary>
/// One server protocol as the simulator sees it: the handler under test and the clients that know what it must answer.
/// One instance per run.
/// </summary>
internal abstract class Scenario
{
    /// <summary>As it is named on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>The handler under test, once per server.</summary>
    public abstract ConnectionHandler CreateHandler(ServerUnderTest server);

    /// <summary>A client for <paramref name="server"/>, at the other end of <paramref name="connection"/>.</summary>
    public abstract ModelClient CreateClient(ServerUnderTest server, SimulatedNetwork network, SimulatedConnection connection);

    /// <summary>The most that one request can add to a send queue that had room.</summary>
    public abstract int MaxReplyBytes(ServerUnderTest server);

    /// <summary>
    /// The bytes that the handler's answers came to when it had consumed so many, or -1 when only the client can tell.
    /// </summary>
    public virtual long ReplyBytes(ConnectionRecord record) => -1;

    /// <summary>Options that the protocol needs to differ from those drawn.</summary>
    public virtual void Adjust(ServerOptions options)
    {
    }

    /// <summary>Checks that the conversations make sense together, when all is over.</summary>
    public virtual void CheckEnd(IReadOnlyList<ConnectionRecord> records)
    {
    }
}
