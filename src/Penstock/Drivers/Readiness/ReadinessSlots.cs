using System.Diagnostics;
using System.Runtime.InteropServices;
using Penstock.Interop.Posix;
using Penstock.Polling;

namespace Penstock.Drivers;

/// <summary>
/// The slots of a <see cref="ReadinessDriver"/>, and what the poller is told of them: changes of interest are collected
/// and applied once before a wait.
/// </summary>
internal sealed class ReadinessSlots(Poller poller, Trigger trigger, int capacity)
{
    private ReadinessSlot[] _slots = [];
    private readonly List<SlotKey> _changes = [];

    public ref ReadinessSlot this[SlotKey key] => ref _slots[key.Index];

    public bool IsCurrent(SlotKey key)
    {
        if ((uint)key.Index >= (uint)_slots.Length)
            return false;
        ref ReadinessSlot slot = ref _slots[key.Index];
        return slot.Generation == key.Generation && slot.State != SlotState.Free;
    }

    /// <summary>Takes a slot into use and has the poller report its descriptor.</summary>
    public void Add(SlotKey key, int descriptor, SlotState state)
    {
        SlotTable.Reserve(ref _slots, key.Index, capacity);
        ref ReadinessSlot slot = ref _slots[key.Index];
        Debug.Assert(slot.State == SlotState.Free, "the slot is in use");
        slot = new ReadinessSlot { Descriptor = descriptor, Generation = key.Generation, State = state };
        slot.Registered = slot.Wanted;
        poller.Add(descriptor, key.Packed, slot.Registered, trigger);
        slot.IsKnown = true;
    }

    /// <summary>
    /// As <see cref="Add"/>, but returns <c>-errno</c> when the poller refuses, as a rule at the kernel's limit of
    /// watched descriptors: that costs the newcomer and not the loop.
    /// </summary>
    public int TryAdd(SlotKey key, int descriptor, SlotState state)
    {
        try
        {
            Add(key, descriptor, state);
            return 0;
        }
        catch (PollerException refused)
        {
            _slots[key.Index].ReceiveEnded = true;
            return -refused.ErrorCode;
        }
    }

    /// <summary>Closes the descriptor and frees the slot.</summary>
    public void Release(SlotKey key) => Release(ref _slots[key.Index]);

    public void ReleaseAll()
    {
        foreach (ref ReadinessSlot slot in _slots.AsSpan())
        {
            if (slot.State != SlotState.Free)
                Release(ref slot);
        }
    }

    /// <summary>Something changed that interest follows from.</summary>
    public void Changed(SlotKey key)
    {
        ref ReadinessSlot slot = ref _slots[key.Index];
        if (slot.ChangeQueued)
            return;
        slot.ChangeQueued = true;
        _changes.Add(key);
    }

    /// <summary>Tells the poller what changed since the last call and did not change back.</summary>
    /// <param name="completed">Gets the errors: a change that is refused costs the connection and not the loop.</param>
    public void ApplyChanges(CompletionQueue completed)
    {
        foreach (SlotKey key in CollectionsMarshal.AsSpan(_changes))
        {
            if (IsCurrent(key))
                Apply(ref _slots[key.Index], key, completed);
        }

        _changes.Clear();
    }

    private void Apply(ref ReadinessSlot slot, SlotKey key, CompletionQueue completed)
    {
        try
        {
            Apply(ref slot, key);
        }
        catch (PollerException refused)
        {
            CompletionKind kind = slot.State switch
            {
                SlotState.Listening => CompletionKind.Accepted,
                SlotState.Connecting => CompletionKind.Connected,
                _ => CompletionKind.Received,
            };
            slot.ReceiveEnded = slot.State != SlotState.Listening;
            completed.Enqueue(kind, key, -refused.ErrorCode);
        }
    }

    private void Apply(ref ReadinessSlot slot, SlotKey key)
    {
        slot.ChangeQueued = false;
        Interest wanted = slot.Wanted;
        if ((wanted == slot.Registered && !slot.Disarmed) || !slot.IsKnown)
            return;

        // Silent and to stay so. Telling the poller would have it look again and report a hang-up each time.
        if (wanted == Interest.None && slot.Registered == Interest.None)
            return;

        // A one-shot event took the registration with it; every other kind is still there, if silent.
        bool forgotten = slot.Disarmed && trigger == Trigger.OneShot;
        if (forgotten && wanted == Interest.None)
            return;
        if (forgotten)
            poller.Add(slot.Descriptor, key.Packed, wanted, trigger);
        else
            poller.Modify(slot.Descriptor, key.Packed, wanted, trigger);
        slot.Registered = wanted;
        slot.Disarmed = false;
    }

    private void Release(ref ReadinessSlot slot)
    {
        if (slot.IsKnown)
            Remove(slot.Descriptor);
        _ = Libc.Close(slot.Descriptor);
        slot = default;
    }

    /// <summary>
    /// Closing would make epoll forget the descriptor too, but not while a duplicate of it is open elsewhere. When the
    /// poller refuses, closing is what is left, and events for the key are stale from here on.
    /// </summary>
    private void Remove(int descriptor)
    {
        try
        {
            poller.Remove(descriptor);
        }
        catch (PollerException)
        {
            // The descriptor is closed next, and the connection must not keep the loop from going on.
        }
    }
}
