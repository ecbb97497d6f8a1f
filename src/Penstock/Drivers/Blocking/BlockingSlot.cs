namespace Penstock.Drivers;

/// <summary>What a <see cref="BlockingDriver"/> knows of one slot.</summary>
internal struct BlockingSlot
{
    public int Descriptor;
    public uint Generation;
    public SlotState State;
    public bool ReceivePaused;

    /// <summary>The peer finished sending, or receiving failed: there is nothing more to read.</summary>
    public bool ReceiveEnded;

    /// <summary>The owner was told, while it was paused, that the peer has finished sending.</summary>
    public bool EndTold;

    /// <summary>A send is outstanding until the socket is writable.</summary>
    public bool AwaitingWritable;

    /// <summary>Slices in a row in which the peer sent nothing.</summary>
    public int EmptySlices;

    /// <summary>When the slice that runs ends, as a timestamp; null between two.</summary>
    public long? SliceEnd;

    /// <summary>Whether the thread waits for this peer to send, and so counts the time.</summary>
    public readonly bool IsReading => State == SlotState.Attached && IsReceiving;

    /// <summary>Whether something to accept or to receive is waited for.</summary>
    public readonly bool IsReceiving =>
        State is SlotState.Listening or SlotState.Attached && !ReceivePaused && !ReceiveEnded;

    /// <summary>Whether the end of a connection that is not read from is waited for.</summary>
    public readonly bool AwaitsEnd => State == SlotState.Attached && ReceivePaused && !ReceiveEnded && !EndTold;

    /// <summary>The peer was heard, or is to be heard again: its slices are counted from now on.</summary>
    public void StartPatience()
    {
        EmptySlices = 0;
        SliceEnd = null;
    }
}
