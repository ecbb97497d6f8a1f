using System.Net.Sockets;
using Penstock.Interop.Posix;
using Penstock.Net;
using Penstock.Polling;
using Penstock.Timing;

namespace Penstock.Drivers;

/// <summary>
/// The connections of a <see cref="SocketDriver"/> that are not read from. The runtime completes nothing when the peer
/// of one of them ends, as long as there are bytes before the end; so they are looked at, ten times a second, and only
/// while there are any. Loop thread only.
/// </summary>
internal sealed class PausedSockets(LoopClock clock, CompletionQueue completed)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private readonly List<SocketSlot> _watched = [];
    private long _next;

    public void Watch(SocketSlot slot)
    {
        if (slot.IsWatched || !slot.AwaitsEnd)
            return;
        slot.IsWatched = true;
        _watched.Add(slot);
    }

    /// <summary>How long a wait may be.</summary>
    public TimeSpan Limit(TimeSpan wait) =>
        _watched.Count > 0 && (wait == Timeout.InfiniteTimeSpan || wait > Period) ? Period : wait;

    /// <summary>Looks at all of them, if the last time is long enough ago.</summary>
    /// <param name="isIdle">The wait is over and nothing came; by a virtual clock no time passes meanwhile.</param>
    public void LookIfDue(bool isIdle)
    {
        if (_watched.Count == 0 || !(clock.IsRealTime ? clock.Now >= _next : isIdle))
            return;
        _next = clock.Now + clock.ToTimestamps(Period);
        for (int i = _watched.Count - 1; i >= 0; i--)
        {
            SocketSlot slot = _watched[i];
            if (slot.AwaitsEnd)
                Look(slot);
            if (slot.AwaitsEnd)
                continue;
            slot.IsWatched = false;
            _watched[i] = _watched[^1];
            _watched.RemoveAt(_watched.Count - 1);
        }
    }

    private void Look(SocketSlot slot)
    {
        int error = 0;
        try
        {
            slot.EndTold = HasEnded(slot.Socket!, out error);
        }
        catch (SocketException exception)
        {
            error = -SocketErrors.ToResult(exception.SocketErrorCode);
        }

        slot.ReceiveEnded = error > 0;
        if (error > 0)
            completed.Enqueue(CompletionKind.Received, slot.Key, -error);
        else if (slot.EndTold)
            completed.Enqueue(CompletionKind.PeerFinished, slot.Key, 0);
    }

    private static bool HasEnded(Socket socket, out int error)
    {
        error = 0;
        if (!OperatingSystem.IsWindows())
        {
            int descriptor = (int)socket.SafeHandle.DangerousGetHandle();
            Readiness end = StreamEnd.Look(descriptor);
            error = (end & Readiness.Error) != 0 ? Libc.GetSocketError(descriptor) : 0;
            if (OperatingSystem.IsLinux() || error > 0)
                return end != Readiness.None;
        }

        // What is left elsewhere: an end with nothing before it.
        return socket.Available == 0 && socket.Poll(TimeSpan.Zero, SelectMode.SelectRead) && socket.Available == 0;
    }
}
