using System.Net;
using Penstock.Drivers;
using Penstock.Net;

namespace Penstock.Http.Tests.Scripted;

/// <summary>
/// A driver whose peers are scripts: what arrives, and in which pieces, is decided by the test and nothing else.
/// </summary>
internal sealed class ScriptedDriver : IoDriver
{
    private readonly CompletionQueue _completed = new();
    private readonly Queue<(SlotKey Slot, byte[] Data)> _arriving = new();
    private readonly Queue<(SlotKey Slot, byte[] Data)> _held = new();
    private readonly HashSet<SlotKey> _paused = [];

    public override string Description => "scripted";

    public override int PauseOvershootBytes => 0;

    public Dictionary<SlotKey, ScriptedPeer> Peers { get; } = [];

    public bool IsQuiet => _completed.IsEmpty && _arriving.Count == 0;

    /// <summary>Has bytes arrive; none at all is the peer's FIN.</summary>
    public void Deliver(SlotKey slot, byte[] data) =>
        (_paused.Contains(slot) ? _held : _arriving).Enqueue((slot, data));

    public void CompleteSend(SlotKey slot, int count) => _completed.Enqueue(CompletionKind.Sent, slot, count);

    public override void Listen(SlotKey slot, SocketHandle listener) => throw new NotSupportedException();

    public override void Connect(SlotKey slot, SocketHandle socket, SocketAddress remote) =>
        throw new NotSupportedException();

    public override void Attach(SlotKey slot, SocketHandle socket) => Peers[slot] = new ScriptedPeer(this, slot);

    public override void PauseReceive(SlotKey slot) => _paused.Add(slot);

    public override void ResumeReceive(SlotKey slot)
    {
        _paused.Remove(slot);
        for (int left = _held.Count; left > 0; left--)
        {
            (SlotKey Slot, byte[] Data) item = _held.Dequeue();
            (item.Slot == slot ? _arriving : _held).Enqueue(item);
        }
    }

    public override int Send(SlotKey slot, ReadOnlySpan<SendSegment> segments)
    {
        Peers[slot].OnSend(segments);
        return SendPending;
    }

    public override void ShutdownSend(SlotKey slot)
    {
        Peers[slot].HasSeenFin = true;
        Deliver(slot, []);
    }

    public override void Close(SlotKey slot, CloseMode mode)
    {
        Peers[slot].OnClosed(mode);
        _paused.Remove(slot);
        _completed.Enqueue(CompletionKind.Closed, slot, 0);
    }

    public override void Wait(long deadline)
    {
    }

    public override bool TryNext(out Completion completion)
    {
        if (_completed.TryDequeue(out completion))
            return true;
        while (_arriving.TryDequeue(out (SlotKey Slot, byte[] Data) item))
        {
            if (Peers[item.Slot].IsClosed)
                continue;
            if (_paused.Contains(item.Slot))
            {
                _held.Enqueue(item);
                continue;
            }

            completion = item.Data.Length == 0
                ? Completion.Of(CompletionKind.Received, item.Slot, 0)
                : Completion.Received(item.Slot, item.Data);
            return true;
        }

        completion = default;
        return false;
    }

    public override void Wake()
    {
    }

    public override void Dispose()
    {
    }
}
