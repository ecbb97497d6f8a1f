using System.Net.Sockets;

namespace Penstock.Drivers;

/// <summary>
/// What a <see cref="SocketDriver"/> knows of one slot. Made on the slot's first use and reused afterwards.
/// </summary>
internal sealed class SocketSlot : IDisposable
{
    public SocketSlot(SocketArrivals arrivals)
    {
        Input = new SocketOperation(this, arrivals);
        Output = new SocketOperation(this, arrivals);
        Unsent = new PointerMemory();
    }

    /// <summary>Accepts, connects or waits for something to receive, whichever the slot is for.</summary>
    public SocketOperation Input { get; }

    /// <summary>Sends what the kernel did not take at once.</summary>
    public SocketOperation Output { get; }

    /// <summary>What <see cref="Output"/> sends from.</summary>
    public PointerMemory Unsent { get; }

    public Socket? Socket { get; private set; }

    public SlotKey Key { get; private set; }

    public SlotState State { get; set; }

    public bool ReceivePaused { get; set; }

    /// <summary>The peer finished sending, or receiving failed: there is nothing more to read.</summary>
    public bool ReceiveEnded { get; set; }

    /// <summary><see cref="Input"/> completed during a pause; resuming serves it.</summary>
    public bool InputHeld { get; set; }

    /// <summary>The owner was told, while it was paused, that the peer has finished sending.</summary>
    public bool EndTold { get; set; }

    /// <summary>On the list of paused connections that are looked at from time to time.</summary>
    public bool IsWatched { get; set; }

    /// <summary>On the list of those whose <see cref="Input"/> is to be started before the next wait.</summary>
    public bool StartQueued { get; set; }

    /// <summary>The socket is closed; the slot is free once nothing is outstanding.</summary>
    public bool IsClosing { get; set; }

    public bool IsIdle => !Input.IsOutstanding && !Output.IsOutstanding;

    public bool WantsInput =>
        !IsClosing && !ReceivePaused && !ReceiveEnded && !InputHeld && !Input.IsOutstanding && State != SlotState.Free;

    /// <summary>Whether the end of a connection that is not read from is looked for.</summary>
    public bool AwaitsEnd =>
        State == SlotState.Attached && ReceivePaused && !ReceiveEnded && !EndTold && !IsClosing;

    public void Open(SlotKey key, Socket socket, SlotState state)
    {
        Key = key;
        Socket = socket;
        State = state;
        ReceivePaused = ReceiveEnded = EndTold = InputHeld = IsClosing = false;
    }

    public void Free()
    {
        Socket = null;
        State = SlotState.Free;
        Input.AcceptSocket?.Dispose();
        Input.AcceptSocket = null;
        Input.RemoteEndPoint = null;
    }

    /// <summary>
    /// Disposing a socket with a receive outstanding resets it, unless its sending side was shut down before: without
    /// that, every graceful close would drop what the kernel still has to deliver.
    /// </summary>
    public void CloseSocket(CloseMode mode)
    {
        Socket socket = Socket!;
        if (State != SlotState.Listening && mode == CloseMode.Graceful)
            ShutdownSend();
        else if (State != SlotState.Listening)
            SetResetOnClose(socket);
        socket.Dispose();
    }

    public void ShutdownSend()
    {
        try
        {
            Socket!.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The connection is gone already, which receiving reports; or it was never established.
        }
    }

    private static void SetResetOnClose(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (SocketException)
        {
            // Some systems refuse options on a connection that the peer has reset: then there is nobody to tell.
        }
    }

    /// <summary>Only when nothing is outstanding.</summary>
    public void Dispose()
    {
        Free();
        Input.Dispose();
        Output.Dispose();
    }
}
