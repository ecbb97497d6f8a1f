using Penstock.Drivers;
using Penstock.Net;

namespace Penstock.Simulation.Network;

/// <summary>
/// A connection between the loop's end ("server", also when the loop connected) and a model's ("client"), with the
/// manners of TCP: closing with unread bytes resets, data for a closed end is answered with a reset, FIN comes after
/// the data. Disposing it closes the server's end, as closing a descriptor does.
/// </summary>
internal sealed class SimulatedConnection : INetworkTarget, IDisposable
{
    private const int ResetServer = 0;
    private const int ResetClient = 1;

    private readonly SimulatedNetwork _network;
    private bool _clientClosed;
    private bool _serverClosed;

    public SimulatedConnection(SimulatedNetwork network, int toServerBytes, int toClientBytes)
    {
        _network = network;
        ToServer = new SimulatedStream(network, toServerBytes) { Arrived = OnArrivedAtServer };
        ToClient = new SimulatedStream(network, toClientBytes) { Arrived = OnArrivedAtClient };
    }

    public SimulatedStream ToServer { get; }

    public SimulatedStream ToClient { get; }

    /// <summary>Whoever is at the other end.</summary>
    public object? Client { get; set; }

    /// <summary>The error that the loop's end has; 0 while it is sound.</summary>
    public int ServerError { get; private set; }

    public bool IsServerOpen { get; private set; }

    public bool IsClientReset { get; private set; }

    /// <summary>The client resets, or the network broke, or the client closed before it had read everything.</summary>
    public bool MayFail { get; private set; }

    /// <summary>The network reported something else than a reset.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Called when the loop's end has something new.</summary>
    public Action? ServerChanged { get; set; }

    /// <summary>Called when the client's end has something new.</summary>
    public Action? ClientChanged { get; set; }

    /// <summary>The loop's end exists from now on: accepted or connected.</summary>
    public void OpenServer()
    {
        IsServerOpen = true;
        _network.OpenServerSockets++;
    }

    public void ShutdownServer() => ToClient.Finish();

    public void CloseServer(CloseMode mode)
    {
        InvariantException.Require(IsServerOpen, $"a socket was closed twice, or before it was accepted");
        IsServerOpen = false;
        _serverClosed = true;
        ServerChanged = null;
        _network.OpenServerSockets--;
        if (mode == CloseMode.Reset || ToServer.Available > 0)
            SendReset(ResetClient);
        else
            ToClient.Finish();
    }

    public void Dispose() => CloseServer(CloseMode.Graceful);

    /// <summary>The client resets the connection.</summary>
    public void ResetByClient()
    {
        MayFail = true;
        _clientClosed = true;
        ToClient.Cut(wipe: true);
        SendReset(ResetServer, Errno.ECONNRESET);
    }

    /// <summary>The client closes its end: what it has not read is lost, and what comes later is refused.</summary>
    public void CloseByClient()
    {
        if (_clientClosed)
            return;
        _clientClosed = true;
        if (ToClient.Available > 0)
            ResetByClient();
        else
            ToServer.Finish();
    }

    /// <summary>The network gives the connection up; both ends are told.</summary>
    public void Break(int errno)
    {
        MayFail = IsBroken = true;
        SendReset(ResetServer, errno);
        SendReset(ResetClient);
    }

    /// <summary>A newcomer that is gone before it was accepted.</summary>
    public void Abandon()
    {
        MayFail = true;
        SendReset(ResetClient);
    }

    public void Happen(int what, long argument)
    {
        bool wipe = _network.Faults.Strikes(Fault.ResetOvertakes);
        if (what == ResetClient)
        {
            IsClientReset = true;
            ToClient.Cut(wipe);
            ToServer.Cut(wipe: false);
            ClientChanged?.Invoke();
            return;
        }

        if (ServerError == 0)
            ServerError = (int)argument;
        ToServer.Cut(wipe);
        ToClient.Cut(wipe: false);
        ServerChanged?.Invoke();
    }

    private void SendReset(int target, int errno = 0)
    {
        long delay = _network.Chance.Between(0, 100) * VirtualTime.Microsecond;
        _network.Schedule(_network.Time.Now + delay, this, target, errno);
    }

    private void OnArrivedAtServer()
    {
        if (IsServerOpen)
            ServerChanged?.Invoke();
        else if (_serverClosed && ToServer.Available > 0)
            SendReset(ResetClient);
    }

    private void OnArrivedAtClient()
    {
        if (!_clientClosed)
        {
            ClientChanged?.Invoke();
            return;
        }

        if (ToClient.Available > 0)
        {
            MayFail = true;
            SendReset(ResetServer, Errno.ECONNRESET);
        }
    }
}
