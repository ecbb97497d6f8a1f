using System.Diagnostics;
using Penstock.Interop.Linux;
using Penstock.Interop.Posix;
using Penstock.Net;

namespace Penstock.Drivers;

/// <summary>
/// The sends of an <see cref="IoUringDriver"/>. All of a turn are submitted by its one enter, and end there: they are not
/// allowed to wait for room, and the kernel reports only those that fell short.
/// </summary>
/// <remarks>
/// A send that succeeds thus costs no completion. The price is that its success is known only by the silence that follows
/// its submission; see <see cref="Settle"/>. What fell short is offered again by the connection, and then waits in the
/// kernel.
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
        Debug.Assert(slot.Sending == OperationKind.None, "a send is already outstanding");
        segments = segments[..Math.Min(segments.Length, SubmissionMemory.MaxSegments)];
        slot.SendResult = SendSegment.TotalLength(segments);
        if (!_ring.TryMakeRoom() || !TryPrepare(slot.Descriptor, segments, out IoUringSubmission send))
            SendDirectly(ref slot, key, segments);
        else if (slot.SendBufferFull)
            SubmitWaiting(ref slot, key, send);
        else
            SubmitImmediate(ref slot, key, send);
    }

    /// <summary>A send that waited in the kernel ended.</summary>
    public void OnCompleted(SlotKey key, int result)
    {
        ref IoUringSlot slot = ref _slots[key];
        slot.SendBufferFull = result < slot.SendResult;
        Finish(ref slot, key, WithoutTransient(result));
    }

    /// <summary>
    /// Finds out how the sends of the last enter ended: as completions say, and well if none says anything.
    /// </summary>
    /// <remarks>
    /// Silence counts only when nothing can hide: the kernel must have taken the entry, and no completion may wait outside
    /// the ring for room. Then all that the submission caused is in the ring, because this thread alone submits, and a
    /// send that may not wait never outlasts its submission.
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
            Finish(ref slot, sent.Slot, slot.SendResult);
        }
    }

    private void NoteShortfalls()
    {
        CompletionRing completions = _ring.Completions;
        for (uint end = completions.Tail; _examined != end; _examined++)
        {
            ref readonly IoUringCompletion completion = ref completions[_examined];
            var operation = OperationKey.Unpack(completion.UserData);
            if (operation.Kind != OperationKind.ImmediateSend || !_slots.IsCurrent(operation.Slot))
                continue;
            ref IoUringSlot slot = ref _slots[operation.Slot];
            slot.SendBufferFull = true;
            slot.SendResult = WithoutTransient(completion.Result);
        }
    }

    private void Finish(ref IoUringSlot slot, SlotKey key, int result)
    {
        slot.Sending = OperationKind.None;
        slot.SendingCancelled = false;
        if (slot.ShutdownFollows)
            _ = Libc.Shutdown(slot.Descriptor, Libc.ShutdownSend);
        slot.ShutdownFollows = false;
        if (slot.State != IoUringSlotState.Closing)
            _completed.Enqueue(CompletionKind.Sent, key, result);
        else
            _slots.TryFinishClose(key);
    }

    private void SubmitImmediate(ref IoUringSlot slot, SlotKey key, in IoUringSubmission send)
    {
        slot.Sending = OperationKind.ImmediateSend;
        _unsettled.Enqueue((key, _ring.Submissions.Position));
        _ring.Submissions.Add(IoUringOperations.SendNow(send, key));
    }

    private void SubmitWaiting(ref IoUringSlot slot, SlotKey key, in IoUringSubmission send)
    {
        slot.Sending = OperationKind.WaitingSend;
        _ring.Submissions.Add(IoUringOperations.SendWhenPossible(send, key));
    }

    private bool TryPrepare(int socket, ReadOnlySpan<SendSegment> segments, out IoUringSubmission send)
    {
        if (segments.Length == 1)
        {
            send = IoUringOperations.Send(socket, segments[0]);
            return true;
        }

        bool added = _memory.TryAddMessage(segments, out nint message);
        send = IoUringOperations.SendMessage(socket, message);
        return added;
    }

    /// <summary>The kernel takes no submissions now, for want of memory; then the plain call has to do.</summary>
    private unsafe void SendDirectly(ref IoUringSlot slot, SlotKey key, ReadOnlySpan<SendSegment> segments)
    {
        int sent;
        fixed (SendSegment* first = segments)
            sent = Libc.SendMessage(slot.Descriptor, (IoVector*)first, segments.Length);
        slot.SendBufferFull = sent < slot.SendResult;
        Finish(ref slot, key, WithoutTransient(sent));
    }

    private static int WithoutTransient(int result) =>
        result == -Errno.EAGAIN || result == -Errno.EINTR ? 0 : result;
}
