namespace Penstock.Drivers;

/// <summary>
/// What an <see cref="IoUringDriver"/> has the kernel do for a slot; alone or, as what is in flight, a set.
/// </summary>
[Flags]
internal enum Operations : byte
{
    /// <summary>Of no slot: the multishot poll of the wake signal.</summary>
    None = 0,

    /// <summary>A listener's multishot accept.</summary>
    Accept = 1,

    Connect = 2,

    /// <summary>A connection's multishot receive.</summary>
    Receive = 4,

    /// <summary>A receive that completes once; see <see cref="IoUringSlot.EndAnnounced"/>.</summary>
    ReceiveOnce = 8,

    /// <summary>A poll that completes when the peer has finished or the connection broke.</summary>
    AwaitEnd = 16,

    /// <summary>
    /// A send. It may not wait for room, so it ends while it is submitted; it completes only if it fell short.
    /// </summary>
    Send = 32,

    /// <summary>A poll for room in the socket's buffer, on behalf of a send that has to wait for it.</summary>
    AwaitRoom = 64,

    /// <summary>Together with another: its cancellation, which completes only if it found nothing.</summary>
    Cancel = 128,

    /// <summary>Those of which the order of the bytes allows only one.</summary>
    AnyReceive = Receive | ReceiveOnce,
}
