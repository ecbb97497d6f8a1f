using System.Diagnostics;
using Penstock.Interop.Posix;

namespace Penstock.Drivers;

/// <summary>
/// The slots of an <see cref="IoUringDriver"/>, and the list of those that may need an operation started or cancelled
/// before the next enter.
/// </summary>
internal sealed class IoUringSlots(int capacity, CompletionQueue completed)
{
    private IoUringSlot[] _slots = [];
    private readonly List<SlotKey> _starved = [];
    private readonly List<SlotKey> _changes = [];
    private readonly List<SlotKey> _applying = [];

    /// <summary>Slots in use, those that are closing included.</summary>
    public int Count { get; private set; }

    public ref IoUringSlot this[SlotKey key] => ref _slots[key.Index];

    /// <summary>Whether the key names what the slot is used for now, if only to be closed.</summary>
    public bool IsCurrent(SlotKey key)
    {
        if ((uint)key.Index >= (uint)_slots.Length)
            return false;
        ref IoUringSlot slot = ref _slots[key.Index];
        return slot.Generation == key.Generation && slot.State != IoUringSlotState.Free;
    }

    public void Add(SlotKey key, int descriptor, IoUringSlotState state)
    {
        SlotTable.Reserve(ref _slots, key.Index, capacity);
        ref IoUringSlot slot = ref _slots[key.Index];
        Debug.Assert(slot.State == IoUringSlotState.Free, "the slot is in use");
        slot = new IoUringSlot { Descriptor = descriptor, Generation = key.Generation, State = state };
        Count++;
        Changed(key);
    }

    public void SetPaused(SlotKey key, bool paused)
    {
        _slots[key.Index].ReceivePaused = paused;
        TellEnd(key);
        Changed(key);
    }

    /// <summary>Something changed that the slot's operations follow from.</summary>
    public void Changed(SlotKey key) => Queue(key, _changes);

    /// <summary>
    /// As <see cref="Changed"/>, for a receive that found no buffer at all: it is started before the others, because in
    /// an unchanging order those at the front could take all buffers every time.
    /// </summary>
    public void Starved(SlotKey key) => Queue(key, _starved);

    /// <summary>
    /// The slots that changed since the last call. Those that cannot be served yet are to be added again.
    /// </summary>
    public List<SlotKey> TakeChanges()
    {
        _applying.Clear();
        _applying.AddRange(_starved);
        _applying.AddRange(_changes);
        _starved.Clear();
        _changes.Clear();
        return _applying;
    }

    /// <summary>
    /// Closes the descriptor of a slot that is to be closed and of which the kernel holds nothing any more.
    /// </summary>
    public bool TryFinishClose(SlotKey key)
    {
        ref IoUringSlot slot = ref _slots[key.Index];
        if (slot.State != IoUringSlotState.Closing || !slot.IsIdle)
            return false;
        _ = Libc.Close(slot.Descriptor);
        slot = default;
        Count--;
        completed.Enqueue(CompletionKind.Closed, key, 0);
        return true;
    }

    /// <summary>
    /// The end of a paused connection: of one that broke its owner hears at once, to free it; of one whose peer merely
    /// finished it is told, and the bytes before the end stay for when it is resumed.
    /// </summary>
    public void TellEnd(SlotKey key)
    {
        ref IoUringSlot slot = ref _slots[key.Index];
        bool isEnd = slot is { State: IoUringSlotState.Attached, EndAnnounced: true, ReceivePaused: true };
        if (!isEnd || slot.EndTold || slot.ReceiveEnded)
            return;
        int error = Libc.GetSocketError(slot.Descriptor);
        slot.EndTold = true;
        slot.ReceiveEnded = error > 0;
        if (error > 0)
            completed.Enqueue(CompletionKind.Received, key, -error);
        else
            completed.Enqueue(CompletionKind.PeerFinished, key, 0);
    }

    /// <summary>The keys of all slots in use.</summary>
    public List<SlotKey> ListKeys()
    {
        List<SlotKey> keys = new(Count);
        for (int index = 0; index < _slots.Length && keys.Count < Count; index++)
        {
            if (_slots[index].State != IoUringSlotState.Free)
                keys.Add(new SlotKey(index, _slots[index].Generation));
        }

        return keys;
    }

    /// <summary>Closes what a broken ring left open.</summary>
    public void CloseRemaining()
    {
        foreach (SlotKey key in ListKeys())
            _ = Libc.Close(_slots[key.Index].Descriptor);
    }

    private void Queue(SlotKey key, List<SlotKey> list)
    {
        ref IoUringSlot slot = ref _slots[key.Index];
        if (slot.ChangeQueued)
            return;
        slot.ChangeQueued = true;
        list.Add(key);
    }
}
