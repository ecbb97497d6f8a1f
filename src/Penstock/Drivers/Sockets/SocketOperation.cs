using System.Net.Sockets;

namespace Penstock.Drivers;

/// <summary>
/// An asynchronous operation that is used over and over for one slot. When it completes, on whatever thread, it goes to
/// the loop's <see cref="SocketArrivals"/> and nothing else happens there.
/// </summary>
internal sealed class SocketOperation(SocketSlot slot, SocketArrivals arrivals)
    : SocketAsyncEventArgs(true)
{
    public SocketSlot Slot => slot;

    /// <summary>Under way, or completed and not served yet: the slot must not be given up. Loop thread only.</summary>
    public bool IsOutstanding { get; set; }

    protected override void OnCompleted(SocketAsyncEventArgs e) => arrivals.Add(this);
}
