using System.Diagnostics;
using Penstock.Interop.Linux;

namespace Penstock.Drivers;

/// <summary>
/// Has the kernel do what the slots' states ask for: compares it with what is in flight, and starts or cancels the
/// rest.
/// </summary>
internal sealed class StandingOperations(IoUringRing ring, IoUringSlots slots)
{
    /// <summary>
    /// Goes through the slots that changed, before an enter. What finds no room in the queue is left to the next.
    /// </summary>
    public void Apply()
    {
        foreach (SlotKey key in slots.TakeChanges())
        {
            if (!slots.IsCurrent(key))
                continue;
            ref IoUringSlot slot = ref slots[key];
            slot.ChangeQueued = false;
            if (!TryStart(ref slot, key) | !TryCancel(ref slot, key))
                slots.Changed(key);
        }
    }

    private bool TryStart(ref IoUringSlot slot, SlotKey key)
    {
        Operations missing = slot.Wanted & ~slot.InFlight;
        if ((slot.InFlight & Operations.AnyReceive) != 0)
            missing &= ~Operations.AnyReceive;
        while (missing != Operations.None)
        {
            Operations next = First(missing);
            if (!ring.TryAdd(Standing(next, slot.Descriptor, key)))
                return false;
            slot.InFlight |= next;
            missing &= ~next;
        }

        return true;
    }

    private bool TryCancel(ref IoUringSlot slot, SlotKey key)
    {
        Operations unwanted = slot.InFlight & ~slot.Wanted & ~slot.Cancelled;
        while (unwanted != Operations.None)
        {
            Operations next = First(unwanted);
            if (!ring.TryAdd(IoUringOperations.Cancel(next, key)))
                return false;
            slot.Cancelled |= next;
            unwanted &= ~next;
        }

        return true;
    }

    private static Operations First(Operations set) => (Operations)((int)set & -(int)set);

    private static IoUringSubmission Standing(Operations operation, int descriptor, SlotKey key) => operation switch
    {
        Operations.Accept => IoUringOperations.Accept(descriptor, key),
        Operations.Receive => IoUringOperations.Receive(descriptor, key),
        Operations.ReceiveOnce => IoUringOperations.ReceiveOnce(descriptor, key),
        Operations.AwaitEnd => IoUringOperations.AwaitEnd(descriptor, key),
        _ => throw new UnreachableException($"{operation} is not started by what a slot's state asks for."),
    };
}
