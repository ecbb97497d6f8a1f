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

    /// <summary>On the list of those whose <see cref="Input"/> is to be started before the next wait.</summary>
    public bool StartQueued { get; set; }

    /// <summary>The socket is closed; the slot is free once nothing is outstanding.</summary>
    public bool IsClosing { get; set; }

    public bool IsIdle => !Input.IsOutstanding && !Output.IsOutstanding;

    public bool WantsInput =>
        !IsClosing && !ReceivePaused && !ReceiveEnded && !InputHeld && !Input.IsOutstanding && State != SlotState.Free;

    public void Open(SlotKey key, Socket socket, SlotState state)
    {
        Key = key;
        Socket = socket;
        State = state;
        ReceivePaused = ReceiveEnded = InputHeld = IsClosing = false;
    }

    public void Free()
    {
        Socket = null;
        State = SlotState.Free;
        Input.AcceptSocket?.Dispose();
        Input.AcceptSocket = null;
        Input.RemoteEndPoint = null;
    }

    /// <summary>Only when nothing is outstanding.</summary>
    public void Dispose()
    {
        Free();
        Input.Dispose();
        Output.Dispose();
    }
}
