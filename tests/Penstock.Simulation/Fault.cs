namespace Penstock.Simulation;

/// <summary>What can go wrong in a simulation, each at a rate of its own.</summary>
internal enum Fault
{
    /// <summary>A receive yields one byte.</summary>
    OneByteReceive,

    /// <summary>A receive yields some of what has arrived.</summary>
    ShortReceive,

    /// <summary>The kernel takes only a part of a send.</summary>
    PartialSend,

    /// <summary>A send completes with nothing taken.</summary>
    EmptySend,

    /// <summary>A send completes long after it was made.</summary>
    DelayedSend,

    /// <summary>Bytes travel slowly.</summary>
    DelayedArrival,

    /// <summary>A client stops reading for a while, up to minutes.</summary>
    StalledReader,

    /// <summary>A client stops in the middle of writing, up to minutes.</summary>
    StalledWriter,

    /// <summary>A client resets its connection.</summary>
    ClientReset,

    /// <summary>A client closes without waiting for its replies.</summary>
    ClientLeaves,

    /// <summary>The network breaks a connection: both ends get an error.</summary>
    NetworkBreak,

    /// <summary>A reset overtakes data, or destroys it in the receiver's buffer.</summary>
    ResetOvertakes,

    /// <summary>Accepting fails: descriptors, memory, or the newcomer is gone.</summary>
    AcceptError,

    /// <summary>An attempt to connect is refused or times out.</summary>
    ConnectError,

    /// <summary>A completion with a key that is no longer in use.</summary>
    StaleCompletion,

    /// <summary>A wait returns for no reason.</summary>
    SpuriousWake,

    /// <summary>The clock jumps forward: the machine slept.</summary>
    ClockJump,

    /// <summary>After a pause, what was in flight still arrives.</summary>
    PauseOvershoot,

    /// <summary>The socket is closed some time after it was asked for, and completions still come meanwhile.</summary>
    SlowClose,

    /// <summary>The handler throws.</summary>
    HandlerThrow,

    /// <summary>The handler closes the connection in the middle of what it was shown.</summary>
    HandlerClose,

    /// <summary>The handler pauses, and something resumes it later.</summary>
    HandlerPause,

    /// <summary>The handler pauses and resumes within one call, and leaves what it was shown.</summary>
    HandlerHesitate,

    /// <summary>Another thread closes a connection, perhaps one that has ended.</summary>
    PostedClose,

    /// <summary>Another thread resets a connection, perhaps one that has ended.</summary>
    PostedAbort,

    /// <summary>Another thread sends on a connection, pauses or resumes it.</summary>
    PostedWork,

    /// <summary>A client sends what the protocol forbids.</summary>
    BadMessage,
}
