namespace Penstock.Drivers;

/// <summary>What an <see cref="IoUringDriver"/> knows of one slot.</summary>
internal struct IoUringSlot
{
    public int Descriptor;
    public uint Generation;
    public IoUringSlotState State;

    /// <summary>The standing operation, or the connect, that the kernel has and whose last completion has not come.</summary>
    public OperationKind Standing;

    /// <summary>The send that the kernel has, or will be given by the next enter.</summary>
    public OperationKind Sending;

    public bool StandingCancelled;
    public bool SendingCancelled;

    /// <summary>The slot is on the list of those that may need an operation started or cancelled.</summary>
    public bool ChangeQueued;

    public bool ReceivePaused;

    /// <summary>The peer finished sending, or receiving failed: there is nothing more to receive.</summary>
    public bool ReceiveEnded;

    /// <summary>The last send was cut short, so the next one has to wait for room.</summary>
    public bool SendBufferFull;

    /// <summary>FIN is to follow the send that is outstanding.</summary>
    public bool ShutdownFollows;

    /// <summary>The bytes of the outstanding send; what it took, once that is known to be less.</summary>
    public int SendResult;

    /// <summary>The standing operation that the slot's state asks for.</summary>
    public readonly OperationKind Wanted => State switch
    {
        IoUringSlotState.Listening when !ReceivePaused => OperationKind.Accept,
        IoUringSlotState.Connecting => OperationKind.Connect,
        IoUringSlotState.Attached when !ReceivePaused && !ReceiveEnded => OperationKind.Receive,
        _ => OperationKind.None,
    };

    /// <summary>The kernel holds nothing of this slot, so its descriptor can be closed.</summary>
    public readonly bool IsIdle => Standing == OperationKind.None && Sending == OperationKind.None;
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
