namespace Penstock.Drivers;

/// <summary>What an operation in the ring does, so that its completion can be told apart. At most 16 kinds.</summary>
internal enum OperationKind : byte
{
    None,

    /// <summary>The multishot poll of the wake signal.</summary>
    Wake,

    /// <summary>A listener's multishot accept.</summary>
    Accept,

    Connect,

    /// <summary>A connection's multishot receive.</summary>
    Receive,

    /// <summary>A send that may not wait for room: it ends while it is submitted, and completes only when it fell short.</summary>
    ImmediateSend,

    /// <summary>A send that waits for room in the socket's buffer.</summary>
    WaitingSend,

    /// <summary>A cancellation; completes only when there was nothing to cancel any more.</summary>
    Cancel,
}
