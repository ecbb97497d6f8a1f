using Penstock.Drivers;
using Penstock.Net;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Driving;

/// <summary>What a kernel does for one slot: accepts, connects, moves bytes, and fails at all of it.</summary>
/// <remarks>
/// Bytes to send are read when they are taken and not when the send is made, as io_uring does it, so that memory given
/// back too early shows. Received bytes are overwritten as soon as the contract says that they are not valid any more.
/// </remarks>
internal sealed class SimulatedKernel(SimulatedNetwork network, int receiveBufferBytes)
{
    private const byte Poison = 0xDD;

    private readonly SeededGenerator _chance = network.Chance;
    private readonly FaultPlan _faults = network.Faults;
    private readonly byte[] _buffer = new byte[receiveBufferBytes];
    private int _lastLength;

    /// <summary>Completes something for a slot that is not closing, if there is something.</summary>
    public bool TryProceed(DriverSlot slot, out Completion completion)
    {
        completion = default;
        if (slot.Listener is not null)
            return TryAccept(slot, slot.Listener, out completion);
        if (!slot.Connection!.IsServerOpen)
            return false;
        if (slot.IsConnecting)
            return TryConnect(slot, out completion);
        return _chance.Chance(0.5)
            ? TrySend(slot, out completion) || TryReceive(slot, out completion)
            : TryReceive(slot, out completion) || TrySend(slot, out completion);
    }

    /// <summary>What was received last is not valid any more.</summary>
    public void EndReceived()
    {
        _buffer.AsSpan(0, _lastLength).Fill(Poison);
        _lastLength = 0;
    }

    public static void Close(DriverSlot slot)
    {
        if (slot.Listener is { IsOpen: true })
            slot.Listener.Dispose();
        if (slot.Connection is { IsServerOpen: true })
            slot.Connection.CloseServer(slot.CloseMode);
    }

    private bool TryAccept(DriverSlot slot, SimulatedListener listener, out Completion completion)
    {
        completion = default;
        if (!listener.HasWaiting || (slot.IsPaused && slot.Overshoot-- <= 0))
            return false;
        if (_faults.Strikes(Fault.AcceptError))
        {
            int errno = _chance.Pick(
                Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM, Errno.ENOBUFS, Errno.ECONNABORTED, Errno.EPROTO, Errno.EPERM);
            if (errno == Errno.ECONNABORTED || errno == Errno.EPROTO)
                listener.Take().Abandon();
            completion = Completion.Of(CompletionKind.Accepted, slot.Key, -errno);
            return true;
        }

        SimulatedConnection accepted = listener.Take();
        accepted.OpenServer();
        completion = Completion.Accepted(slot.Key, SocketHandle.FromModel(accepted));
        return true;
    }

    private bool TryConnect(DriverSlot slot, out Completion completion)
    {
        completion = default;
        if (network.Time.Now < slot.ConnectDue)
            return false;
        slot.IsConnecting = false;
        slot.ReceiveEnded = slot.ConnectResult < 0;
        completion = Completion.Of(CompletionKind.Connected, slot.Key, slot.ConnectResult);
        return true;
    }

    private bool TryReceive(DriverSlot slot, out Completion completion)
    {
        completion = default;
        SimulatedConnection connection = slot.Connection!;
        bool blocked = slot.IsPaused && slot.Overshoot <= 0;
        if (slot.ReceiveEnded)
            return false;
        if (blocked && connection.ServerError == 0)
            return TryTellEnd(slot, connection.ToServer, out completion);
        if (connection.ToServer.Available > 0 && !blocked)
        {
            completion = Receive(slot, connection.ToServer);
            return true;
        }

        if (connection.ServerError == 0 && !connection.ToServer.IsAtEnd)
            return false;
        slot.ReceiveEnded = true;
        completion = Completion.Of(CompletionKind.Received, slot.Key, -connection.ServerError);
        return true;
    }

    /// <summary>Of a paused connection only the end is told.</summary>
    private static bool TryTellEnd(DriverSlot slot, SimulatedStream stream, out Completion completion)
    {
        completion = default;
        if (slot.EndTold || !stream.HasEnded)
            return false;
        slot.EndTold = true;
        completion = Completion.Of(CompletionKind.PeerFinished, slot.Key, 0);
        return true;
    }

    private Completion Receive(DriverSlot slot, SimulatedStream stream)
    {
        int most = Math.Min(stream.Available, _buffer.Length);
        if (slot.IsPaused)
            most = Math.Min(most, slot.Overshoot);
        if (_faults.Strikes(Fault.OneByteReceive))
            most = 1;
        else if (_faults.Strikes(Fault.ShortReceive))
            most = _chance.Between(1, most);
        _lastLength = stream.Read(_buffer.AsSpan(0, most));
        slot.Overshoot -= _lastLength;
        slot.DeliveredBytes += _lastLength;
        return Completion.Received(slot.Key, _buffer.AsSpan(0, _lastLength));
    }

    /// <summary>Completes the outstanding send, if the network takes something, or has failed.</summary>
    public bool TrySend(DriverSlot slot, out Completion completion)
    {
        completion = default;
        if (!slot.IsSending || network.Time.Now < slot.SendDue)
            return false;
        if (slot.Connection!.ServerError != 0)
        {
            int errno = _chance.Chance(0.5) ? slot.Connection.ServerError : Errno.EPIPE;
            completion = EndSend(slot, -errno);
            return true;
        }

        if (_faults.Strikes(Fault.EmptySend))
        {
            completion = EndSend(slot, 0);
            return true;
        }

        if (slot.Connection.ToClient.Room == 0)
            return false;
        completion = EndSend(slot, Transmit(slot, slot.Connection.ToClient));
        return true;
    }

    private Completion EndSend(DriverSlot slot, int result)
    {
        slot.EndSend();
        if (result > 0)
        {
            slot.SendStalledSince = 0;
            slot.TakenBytes += result;
        }

        return Completion.Of(CompletionKind.Sent, slot.Key, result);
    }

    private unsafe int Transmit(DriverSlot slot, SimulatedStream stream)
    {
        int most = Math.Min(SendSegment.TotalLength(slot.Segments), stream.Room);
        if (_faults.Strikes(Fault.PartialSend))
            most = _chance.Between(1, most);
        int left = most;
        foreach (ref readonly SendSegment segment in slot.Segments)
        {
            int count = Math.Min(left, segment.Length);
            left -= stream.Write(new ReadOnlySpan<byte>((void*)segment.Address, count));
        }

        return most;
    }
}
