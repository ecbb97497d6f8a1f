using System.Diagnostics;

namespace Penstock.Timing;

/// <summary>
/// Deadlines that are durations from now: a first-in first-out list per distinct duration. Setting, touching and
/// cancelling cost O(1) and allocate nothing; the next deadline is the earliest head. Loop thread only.
/// </summary>
/// <remarks>
/// A list in which every entry has the same duration is sorted by construction, so it needs neither the buckets of a
/// timer wheel, whose ticks make deadlines coarse, nor the O(log n) of a heap. A loop has few distinct durations: one
/// per limit that its servers set. Where they are computed, an empty list is taken over by the next duration that needs
/// one, so there are never more lists than entries; whoever names the earlier duration looks for a list once more then.
/// Counting who holds each name instead would burden every limit and timer with giving it back. Entries are numbers
/// that the owner chooses below <c>capacity</c>, each in one list at most.
/// </remarks>
internal sealed class DeadlineQueue(LoopClock clock, int capacity)
{
    private const int None = -1;
    private const int SmallestTable = 256;

    private static readonly List Unused = new() { Duration = LoopClock.Never, Head = None, Tail = None };

    private Node[] _nodes = new Node[Math.Min(SmallestTable, capacity)];
    private List[] _lists = [Unused];

    /// <summary>The earliest deadline, or <see cref="LoopClock.Never"/>.</summary>
    public long Next
    {
        get
        {
            long next = LoopClock.Never;
            foreach (ref readonly List list in _lists.AsSpan(0, ListCount))
            {
                if (list.Head != None)
                    next = Math.Min(next, _nodes[list.Head].Deadline);
            }

            return next;
        }
    }

    /// <summary>Lists that are kept now; not all of them need have entries.</summary>
    public int ListCount { get; private set; }

    /// <summary>
    /// Names a duration, so that setting a deadline needs no search. An infinite one never expires. Names of equal
    /// durations share a list.
    /// </summary>
    public DeadlineList GetList(TimeSpan duration) =>
        new(duration == Timeout.InfiniteTimeSpan ? LoopClock.Never : clock.ToTimestamps(duration));

    /// <summary>Sets or moves the deadline of <paramref name="entry"/> to the list's duration after
    /// <paramref name="now"/>.</summary>
    public void Set(int entry, DeadlineList duration, long now)
    {
        if ((uint)entry >= (uint)_nodes.Length)
            Reserve(entry);

        // A request and its reply move the deadline to the same moment.
        ref readonly Node current = ref _nodes[entry];
        bool isSet = current.Ordinal == duration.Place + 1 && current.Deadline == now + duration.Duration;
        if (isSet && duration.Expires)
            return;
        Cancel(entry);
        if (!duration.Expires)
            return;

        if (_lists[duration.Place].Duration != duration.Duration)
            duration.Place = FindOrClaim(duration.Duration);
        ref List list = ref _lists[duration.Place];
        ref Node node = ref _nodes[entry];
        node = new Node
        {
            Deadline = now + list.Duration,
            Ordinal = duration.Place + 1,
            Next = None,
            Previous = list.Tail,
        };
        Debug.Assert(list.Tail == None || _nodes[list.Tail].Deadline <= node.Deadline, "time went backwards");
        if (list.Tail == None)
            list.Head = entry;
        else
            _nodes[list.Tail].Next = entry;
        list.Tail = entry;
    }

    /// <summary>Removes the deadline of <paramref name="entry"/>, if it has one.</summary>
    public void Cancel(int entry)
    {
        if ((uint)entry >= (uint)_nodes.Length)
            return;
        ref Node node = ref _nodes[entry];
        if (node.Ordinal == 0)
            return;

        ref List list = ref _lists[node.Ordinal - 1];
        if (node.Previous == None)
            list.Head = node.Next;
        else
            _nodes[node.Previous].Next = node.Next;
        if (node.Next == None)
            list.Tail = node.Previous;
        else
            _nodes[node.Next].Previous = node.Previous;
        node.Ordinal = 0;
    }

    public bool IsSet(int entry) => (uint)entry < (uint)_nodes.Length && _nodes[entry].Ordinal != 0;

    /// <summary>Takes one entry whose deadline has passed.</summary>
    public bool TryTakeExpired(long now, out int entry)
    {
        foreach (ref readonly List list in _lists.AsSpan(0, ListCount))
        {
            entry = list.Head;
            if (entry != None && _nodes[entry].Deadline <= now)
            {
                Cancel(entry);
                return true;
            }
        }

        entry = None;
        return false;
    }

    /// <summary>The list of a duration: the one it has, an empty one of another, or one more.</summary>
    private int FindOrClaim(long duration)
    {
        while (ListCount > 0 && _lists[ListCount - 1].Head == None)
            _lists[--ListCount] = Unused;
        int place = ListCount;
        for (int i = ListCount - 1; i >= 0; i--)
        {
            if (_lists[i].Duration == duration)
                return i;
            if (_lists[i].Head == None)
                place = i;
        }

        if (place == ListCount)
            Grow();
        _lists[place].Duration = duration;
        return place;
    }

    /// <summary>The table grows with the entries that are used, which are taken from the lowest up.</summary>
    private void Reserve(int entry)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)entry, (uint)capacity, nameof(entry));
        Array.Resize(ref _nodes, Math.Min(Math.Max(entry + 1, _nodes.Length * 2), capacity));
    }

    private void Grow()
    {
        int length = _lists.Length;
        if (ListCount++ < length)
            return;
        Array.Resize(ref _lists, 2 * length);
        _lists.AsSpan(length).Fill(Unused);
    }

    private struct Node
    {
        public long Deadline;
        public int Previous;
        public int Next;

        /// <summary>The place of its list, from 1; 0 when it is in none.</summary>
        public int Ordinal;
    }

    private struct List
    {
        public long Duration;
        public int Head;
        public int Tail;
    }
}
