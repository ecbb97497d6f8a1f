using Penstock.Simulation.Checks;
using Penstock.Simulation.Clients;
using Penstock.Simulation.Network;

namespace Penstock.Simulation;

/// <summary>
/// One server protocol as the simulator sees it: the handler under test and the clients that know what it must answer.
/// One instance per run.
/// </summary>
internal abstract class Scenario : IDisposable
{
    /// <summary>As it is named on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>The handler under test, once per server.</summary>
    public abstract ConnectionHandler CreateHandler(ServerUnderTest server);

    /// <summary>A client for <paramref name="server"/>, at the other end of <paramref name="connection"/>.</summary>
    public abstract ModelClient CreateClient(
        ServerUnderTest server, SimulatedNetwork network, SimulatedConnection connection);

    /// <summary>
    /// The handlers pause and resume connections by themselves, so that nobody else may: one that is resumed behind its
    /// handler's back proves nothing.
    /// </summary>
    public virtual bool HandlersPause => false;

    /// <summary>The run is about to begin: what the servers share is made here, and timers are started.</summary>
    public virtual void Begin(SimulationRun run)
    {
    }

    /// <summary>The most that one request can add to a send queue that had room.</summary>
    public abstract int MaxReplyBytes(ServerUnderTest server);

    /// <summary>
    /// The bytes that the handler's answers came to when it had consumed so many, or -1 when only the client can tell.
    /// </summary>
    public virtual long ReplyBytes(ConnectionRecord record) => -1;

    /// <summary>Whether the handler has a reason to keep this connection paused now.</summary>
    public virtual bool MayBePaused(ConnectionRecord record) => false;

    /// <summary>
    /// Whether the protocol explains why a connection ended, when nothing that the engine knows does.
    /// </summary>
    public virtual bool Explains(ConnectionRecord record) => false;

    /// <summary>A connection has opened, and its handler knows.</summary>
    public virtual void OnOpened(ConnectionRecord record)
    {
    }

    /// <summary>
    /// The handler was shown something and has consumed up to <see cref="ConnectionRecord.Consumed"/>. Calls come in
    /// the order in which the loop worked, which is the one order that a model has to follow.
    /// </summary>
    public virtual void OnConsumed(ConnectionRecord record)
    {
    }

    /// <summary>A connection has ended, and its handler is about to learn it.</summary>
    public virtual void OnClosed(ConnectionRecord record)
    {
    }

    /// <summary>Options that the protocol needs to differ from those drawn.</summary>
    public virtual void Adjust(ServerOptions options)
    {
    }

    /// <summary>Checks that the conversations make sense together, when all is over.</summary>
    public virtual void CheckEnd(IReadOnlyList<ConnectionRecord> records)
    {
    }

    /// <summary>Gives back what <see cref="Begin"/> made.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}
