using System.Diagnostics;

namespace Penstock.Timing;

/// <summary>
/// Deadlines that are durations from now: a first-in first-out list per distinct duration. Setting, touching and
/// cancelling cost O(1) and allocate nothing; the next deadline is the earliest head. Loop thread only.
/// </summary>
/// <remarks>
/// A list in which every entry has the same duration is sorted by construction, so it needs neither the buckets of a
/// timer wheel, whose ticks make deadlines coarse, nor the O(log n) of a heap. A loop has few distinct durations: one
/// per limit that its servers set. Entries are numbers that the owner chooses below <c>capacity</c>, each in one list
/// at most.
/// </remarks>
internal sealed class DeadlineQueue(LoopClock clock, int capacity)
{
    private const int None = -1;

    private readonly Node[] _nodes = new Node[capacity];
    private List[] _lists = [];

    /// <summary>The earliest deadline, or <see cref="LoopClock.Never"/>.</summary>
    public long Next
    {
        get
        {
            long next = LoopClock.Never;
            foreach (ref readonly List list in _lists.AsSpan())
            {
                if (list.Head != None)
                    next = Math.Min(next, _nodes[list.Head].Deadline);
            }

            return next;
        }
    }

    /// <summary>
    /// Names a duration once, so that setting a deadline needs no search. An infinite one never
    /// expires.
    /// </summary>
    public DeadlineList GetList(TimeSpan duration)
    {
        if (duration == Timeout.InfiniteTimeSpan)
            return default;
        long timestamps = clock.ToTimestamps(duration);
        for (int i = 0; i < _lists.Length; i++)
        {
            if (_lists[i].Duration == timestamps)
                return new DeadlineList(i + 1);
        }

        _lists = [.. _lists, new List { Duration = timestamps, Head = None, Tail = None }];
        return new DeadlineList(_lists.Length);
    }

    /// <summary>Sets or moves the deadline of <paramref name="entry"/> to the list's duration after
    /// <paramref name="now"/>.</summary>
    public void Set(int entry, DeadlineList duration, long now)
    {
        Cancel(entry);
        if (!duration.Expires)
            return;

        ref List list = ref _lists[duration.Index];
        ref Node node = ref _nodes[entry];
        node = new Node { Deadline = now + list.Duration, List = duration, Next = None, Previous = list.Tail };
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
        ref Node node = ref _nodes[entry];
        if (!node.List.Expires)
            return;

        ref List list = ref _lists[node.List.Index];
        if (node.Previous == None)
            list.Head = node.Next;
        else
            _nodes[node.Previous].Next = node.Next;
        if (node.Next == None)
            list.Tail = node.Previous;
        else
            _nodes[node.Next].Previous = node.Previous;
        node.List = default;
    }

    public bool IsSet(int entry) => _nodes[entry].List.Expires;

    /// <summary>Takes one entry whose deadline has passed.</summary>
    public bool TryTakeExpired(long now, out int entry)
    {
        foreach (ref readonly List list in _lists.AsSpan())
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

    private struct Node
    {
        public long Deadline;
        public int Previous;
        public int Next;
        public DeadlineList List;
    }

    private struct List
    {
        public long Duration;
        public int Head;
        public int Tail;
    }
}
