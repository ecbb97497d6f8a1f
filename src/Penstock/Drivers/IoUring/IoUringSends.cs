using System.Diagnostics;
using Penstock.Interop.Linux;
using Penstock.Interop.Posix;
using Penstock.Net;

namespace Penstock.Drivers;

/// <summary>
/// The sends of an <see cref="IoUringDriver"/>. All of a turn are submitted by its one enter, and end there: they are
/// not allowed to wait for room, and the kernel reports only those that fell short.
/// </summary>
/// <remarks>
/// A send that succeeds thus costs no completion. The price is that its success is known only by the silence that
/// follows its submission; see <see cref="Settle"/>. After one that fell short the next waits for room, by a poll.
/// Letting the send itself wait was rejected: the kernel gives up waiting where room is announced that it then does not
/// find, and hands the send to a thread of its own.
/// </remarks>
internal sealed class IoUringSends
{
    private readonly IoUringRing _ring;
    private readonly IoUringSlots _slots;
    private readonly SubmissionMemory _memory;
    private readonly CompletionQueue _completed;
    private readonly Queue<(SlotKey Slot, uint Position)> _unsettled = new();
    private uint _examined;

    public IoUringSends(IoUringRing ring, IoUringSlots slots, SubmissionMemory memory, CompletionQueue completed)
    {
        _ring = ring;
        _slots = slots;
        _memory = memory;
        _completed = completed;
        _examined = ring.Completions.Tail;
        ring.Entered = Settle;
    }

    /// <summary>Sends wait for an enter, or for what it did to them to be known.</summary>
    public bool AwaitSettling => _unsettled.Count > 0;

    public void Send(SlotKey key, ReadOnlySpan<SendSegment> segments)
    {
        ref IoUringSlot slot = ref _slots[key];
        Debug.Assert(!slot.IsSending, "a send is already outstanding");
        if (slot.SendBufferFull && _ring.TryAdd(IoUringOperations.AwaitRoom(slot.Descriptor, key)))
        {
            slot.InFlight |= Operations.AwaitRoom;
            return;
        }

        segments = segments[..Math.Min(segments.Length, SubmissionMemory.MaxSegments)];
        slot.SendResult = SendSegment.TotalLength(segments);
        if (_ring.TryMakeRoom() && TryPrepare(slot.Descriptor, key, segments, out IoUringSubmission send))
            Submit(ref slot, key, in send);
        else
            SendDirectly(ref slot, key, segments);
    }

    /// <summary>There is room for a send that had none: it is to be made again.</summary>
    public void OnRoom(SlotKey key)
    {
        ref IoUringSlot slot = ref _slots[key];
        slot.SendBufferFull = false;
        Finish(ref slot, key, Operations.AwaitRoom, 0);
    }

    /// <summary>
    /// Finds out how the sends of the last enter ended: as completions say, and well if none says anything.
    /// </summary>
    /// <remarks>
    /// Silence counts only when nothing can hide: the kernel must have taken the entry, and no completion may wait
    /// outside the ring for room. Then all that the submission caused is in the ring, because this thread alone
    /// submits, and a send that may not wait never outlasts its submission.
    /// </remarks>
    private void Settle()
    {
        _memory.ClearIfTaken();
        NoteShortfalls();
        if (_ring.Submissions.HasOverflow)
            return;
        while (_unsettled.TryPeek(out (SlotKey Slot, uint Position) sent) && _ring.Submissions.HasTaken(sent.Position))
        {
            _unsettled.Dequeue();
            ref IoUringSlot slot = ref _slots[sent.Slot];
            Finish(ref slot, sent.Slot, Operations.Send, slot.SendResult);
        }
    }

    private void NoteShortfalls()
    {
        CompletionRing completions = _ring.Completions;
        for (uint end = completions.Tail; _examined != end; _examined++)
        {
            ref readonly IoUringCompletion completion = ref completions[_examined];
            var operation = OperationKey.Unpack(completion.UserData);
            if (operation.Operation != Operations.Send || !_slots.IsCurrent(operation.Slot))
                continue;
            ref IoUringSlot slot = ref _slots[operation.Slot];
            slot.SendBufferFull = true;
            slot.SendResult = WithoutTransient(completion.Result);
        }
    }

    private void Submit(ref IoUringSlot slot, SlotKey key, in IoUringSubmission send)
    {
        slot.InFlight |= Operations.Send;
        _unsettled.Enqueue((key, _ring.Submissions.Position));
        _ring.Submissions.Add(in send);
    }

    private bool TryPrepare(int socket, SlotKey key, ReadOnlySpan<SendSegment> segments, out IoUringSubmission send)
    {
        if (segments.Length == 1)
        {
            send = IoUringOperations.Send(socket, segments[0], key);
            return true;
        }

        bool added = _memory.TryAddMessage(segments, out nint message);
        send = IoUringOperations.SendMessage(socket, message, key);
        return added;
    }

    /// <summary>The kernel takes no submissions now, for want of memory; then the plain call has to do.</summary>
    private unsafe void SendDirectly(ref IoUringSlot slot, SlotKey key, ReadOnlySpan<SendSegment> segments)
    {
        int sent;
        fixed (SendSegment* first = segments)
            sent = Libc.SendMessage(slot.Descriptor, (IoVector*)first, segments.Length);
        slot.SendBufferFull = sent < slot.SendResult;
        Finish(ref slot, key, Operations.Send, WithoutTransient(sent));
    }

    private void Finish(ref IoUringSlot slot, SlotKey key, Operations operation, int result)
    {
        slot.InFlight &= ~operation;
        slot.Cancelled &= ~operation;
        if (slot.ShutdownFollows)
            _ = Libc.Shutdown(slot.Descriptor, Libc.ShutdownSend);
        slot.ShutdownFollows = false;
        if (slot.State != IoUringSlotState.Closing)
            _completed.Enqueue(CompletionKind.Sent, key, result);
        else
            _slots.TryFinishClose(key);
    }

    private static int WithoutTransient(int result) =>
        result == -Errno.EAGAIN || result == -Errno.EINTR ? 0 : result;
}
