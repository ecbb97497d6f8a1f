using Penstock.Interop.Posix;
using Penstock.Net;
using Penstock.Polling;

namespace Penstock.Drivers;

/// <summary>What a <see cref="ReadinessDriver"/> knows of one slot.</summary>
internal struct ReadinessSlot
{
    public int Descriptor;
    public uint Generation;
    public SlotState State;

    /// <summary>What the poller was last told; compared with <see cref="Wanted"/> before the next wait.</summary>
    public Interest Registered;

    /// <summary>The poller knows the descriptor; it does not when it refused it.</summary>
    public bool IsKnown;

    /// <summary>The poller reports nothing until it is told again: a one-shot event fired.</summary>
    public bool Disarmed;

    /// <summary>The slot is on the list of those whose interest may have changed.</summary>
    public bool ChangeQueued;

    public bool ReceivePaused;

    /// <summary>The peer finished sending, or receiving failed: there is nothing more to read.</summary>
    public bool ReceiveEnded;

    /// <summary>The owner was told, while it was paused, that the peer has finished sending.</summary>
    public bool EndTold;

    /// <summary>A poller that takes errors from sockets had one; reading may still yield what came before.</summary>
    public bool ErrorAnnounced;

    /// <summary>The last send was cut short, so the next one would only be told EAGAIN.</summary>
    public bool SendBufferFull;

    /// <summary>A send is outstanding until the socket is writable.</summary>
    public bool AwaitingWritable;

    /// <summary>The interest that follows from the flags above.</summary>
    public readonly Interest Wanted
    {
        get
        {
            if (State == SlotState.Connecting)
                return Interest.Writable;
            Interest wanted = ReceiveEnded ? Interest.None : ReceivePaused ? WantedWhilePaused : Interest.Readable;
            return AwaitingWritable ? wanted | Interest.Writable : wanted;
        }
    }

    /// <summary>
    /// The socket's error; the usual one when an error was announced but the socket no longer knows it, because
    /// libkqueue takes it from the socket in order to report it.
    /// </summary>
    public readonly int PendingError(int usual)
    {
        bool isKnown = ErrorAnnounced || State == SlotState.Connecting;
        int error = isKnown ? Libc.GetSocketError(Descriptor) : 0;
        return error == 0 && ErrorAnnounced ? usual : error;
    }

    /// <summary>As <see cref="PendingError"/>, of a paused socket of which an error was reported.</summary>
    public readonly int PausedError()
    {
        int error = Libc.GetSocketError(Descriptor);
        return error == 0 && ErrorAnnounced ? Errno.ECONNRESET : error;
    }

    private readonly Interest WantedWhilePaused =>
        State == SlotState.Attached && !EndTold ? Interest.ReadClosed : Interest.None;
}

/// <summary>What a slot is used for.</summary>
internal enum SlotState : byte
{
    Free,
    Listening,
    Connecting,
    Attached,
}
