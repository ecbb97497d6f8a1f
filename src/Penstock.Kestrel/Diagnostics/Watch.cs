using Penstock.Kestrel.Connections;

namespace Penstock.Kestrel.Diagnostics;

/// <summary>A stretch of code under the eyes of the stall detector, if there is one; it ends when this is disposed.</summary>
internal readonly ref struct Watch
{
    private readonly StallDetector? _stalls;
    private readonly TransportConnection _connection;

    public Watch(StallDetector? stalls, TransportConnection connection)
    {
        _stalls = stalls;
        _connection = connection;
        stalls?.Enter(connection);
    }

    public void Dispose() => _stalls?.Leave(_connection);
}
