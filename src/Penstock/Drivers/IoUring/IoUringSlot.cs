namespace Penstock.Drivers;

/// <summary>What an <see cref="IoUringDriver"/> knows of one slot.</summary>
internal struct IoUringSlot
{
    public int Descriptor;
    public uint Generation;
    public IoUringSlotState State;

    /// <summary>What the kernel has, or is given by the next enter, and whose last completion has not come.</summary>
    public Operations InFlight;

    /// <summary>Those in flight that are being cancelled.</summary>
    public Operations Cancelled;

    /// <summary>The slot is on the list of those that may need an operation started or cancelled.</summary>
    public bool ChangeQueued;

    public bool ReceivePaused;

    /// <summary>The peer finished sending, or receiving failed: there is nothing more to receive.</summary>
    public bool ReceiveEnded;

    /// <summary>
    /// The end has come, although bytes may be waiting before it. A multishot receive that takes the last of them does
    /// not always look for what follows, and nothing would wake it again; so the rest is received one by one.
    /// </summary>
    public bool EndAnnounced;

    /// <summary>The owner was told, while it was paused, that the peer has finished sending.</summary>
    public bool EndTold;

    /// <summary>The receive that is in flight has brought something.</summary>
    public bool HasReceived;

    /// <summary>The last send was cut short, so the next one has to wait for room.</summary>
    public bool SendBufferFull;

    /// <summary>FIN is to follow the send that is outstanding.</summary>
    public bool ShutdownFollows;

    /// <summary>The bytes of the outstanding send; what it took, once that is known to be less.</summary>
    public int SendResult;

    /// <summary>The kernel holds nothing of this slot, so its descriptor can be closed.</summary>
    public readonly bool IsIdle => InFlight == Operations.None;

    /// <summary>What is received is the owner's; not when the connection broke, or is closing.</summary>
    public readonly bool IsReceiving => State == IoUringSlotState.Attached && !ReceiveEnded;

    public readonly bool IsSending => (InFlight & (Operations.Send | Operations.AwaitRoom)) != 0;

    /// <summary>
    /// What should be in flight, as far as that follows from the slot's state; sends are started by name.
    /// </summary>
    public readonly Operations Wanted => State switch
    {
        IoUringSlotState.Listening => ReceivePaused ? Operations.None : Operations.Accept,
        IoUringSlotState.Connecting => Operations.Connect,
        IoUringSlotState.Attached => WantedOfAttached | (InFlight & (Operations.Send | Operations.AwaitRoom)),

        // A send ends by itself with the enter that submits it.
        _ => InFlight & Operations.Send,
    };

    private readonly Operations WantedOfAttached
    {
        get
        {
            if (ReceiveEnded)
                return Operations.None;
            Operations receive = EndAnnounced ? Operations.ReceiveOnce : Operations.Receive;
            Operations wanted = ReceivePaused ? Operations.None : receive;
            return EndAnnounced ? wanted : wanted | Operations.AwaitEnd;
        }
    }
}

/// <summary>What a slot is used for.</summary>
internal enum IoUringSlotState : byte
{
    Free,
    Listening,
    Connecting,
    Attached,

    /// <summary>To be closed once the kernel holds nothing of it any more.</summary>
    Closing,
}
