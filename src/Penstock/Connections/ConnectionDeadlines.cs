using Penstock.Timing;

namespace Penstock.Connections;

/// <summary>
/// The two deadlines of one slot: what the peer has yet to send, and what it has yet to take. A view of the
/// loop's queue, which holds the state.
/// </summary>
internal readonly struct ConnectionDeadlines(ConnectionLoop loop, int slot)
{
    private int Receive => EntryOf(slot);

    private int Send => EntryOf(slot) + 1;

    /// <summary>The first of a slot's two entries.</summary>
    public static int EntryOf(int slot) => slot * 2;

    public static int SlotOf(int entry) => entry / 2;

    public void StartReceive(DeadlineList duration) => loop.Deadlines.Set(Receive, duration, loop.Now);

    public void StartSend(DeadlineList duration) => loop.Deadlines.Set(Send, duration, loop.Now);

    /// <summary>Leaves a running deadline alone: it is progress that moves it, not another attempt.</summary>
    public void EnsureSend(DeadlineList duration)
    {
        if (!loop.Deadlines.IsSet(Send))
            StartSend(duration);
    }

    /// <summary>After our FIN: how long the peer's may take in all, and with nothing before it.</summary>
    public void StartLinger(ConnectionLimits limits)
    {
        StartSend(limits.Linger);
        StartReceive(limits.LingerSilence);
    }

    public void CancelReceive() => loop.Deadlines.Cancel(Receive);

    public void CancelSend() => loop.Deadlines.Cancel(Send);
}
