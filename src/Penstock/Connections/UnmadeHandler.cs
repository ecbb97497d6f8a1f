using System.Runtime.ExceptionServices;

namespace Penstock.Connections;

/// <summary>
/// Stands in for a handler that its factory could not make: it fails as the factory did, so that the connection which
/// needed it ends, and is counted and reported, as for any handler that throws.
/// </summary>
internal sealed class UnmadeHandler(Exception reason) : ConnectionHandler
{
    public override void OnOpened(Connection connection) => ExceptionDispatchInfo.Throw(reason);

    /// <summary>Not reached: the connection was reset when it opened.</summary>
    public override int OnReceived(Connection connection, ReadOnlySpan<byte> data) => data.Length;
}
