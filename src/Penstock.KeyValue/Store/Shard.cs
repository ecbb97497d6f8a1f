using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Penstock.KeyValue.Store;

/// <summary>
/// One part of the keyspace: a hash table with chained buckets over a dense array of entries. Every member but
/// <see cref="Gate"/> and the counters needs the lock.
/// </summary>
/// <remarks>
/// Removing moves the last entry into the gap. So the array has no holes, a random place is a random key, and a scan
/// that runs from the end to the front misses nothing that stays: an entry only ever moves to where the scan is still
/// going.
/// </remarks>
internal sealed unsafe class Shard(Lock gate) : IDisposable
{
    private const int InitialCapacity = 16;

    /// <summary>What the allocator keeps with a block.</summary>
    private const int BlockOverhead = 16;

    private int[] _buckets = NewBuckets(InitialCapacity);
    private Entry[] _entries = new Entry[InitialCapacity];

    /// <summary>Held by whoever touches the shard.</summary>
    public Lock Gate { get; } = gate;

    /// <summary>Keys here, those included that have expired and were not noticed yet.</summary>
    public int Count { get; private set; }

    /// <summary>Keys here that have a time to live.</summary>
    public int ExpiringCount { get; private set; }

    /// <summary>Bytes that keys, values and the table take.</summary>
    public long MemoryBytes { get; private set; } = TableBytes(InitialCapacity);

    /// <summary>Who is told when a key changes.</summary>
    public WatchTable Watches { get; } = new();

    /// <summary>Where an active expiry cycle goes on.</summary>
    public int ExpiryCursor { get; set; }

    public ref Entry this[int index] => ref _entries[index];

    /// <summary>The entry's index, or -1.</summary>
    public int Find(StoreKey key)
    {
        Debug.Assert(Gate.IsHeldByCurrentThread, "a shard is used without its lock");
        uint hash = (uint)key.Hash;
        Entry[] entries = _entries;
        for (int index = _buckets[hash & (uint)(_buckets.Length - 1)]; (uint)index < (uint)entries.Length;)
        {
            ref Entry entry = ref entries[index];
            if (entry.Hash == hash && entry.Key.SequenceEqual(key.Bytes))
                return index;
            index = entry.Next;
        }

        return -1;
    }

    /// <summary>Adds a key that is not there, with room for a value of <paramref name="valueLength"/> bytes.</summary>
    public int Add(StoreKey key, int valueLength)
    {
        if (Count == _entries.Length)
            Grow();
        int index = Count++;
        ref Entry entry = ref _entries[index];
        entry = default;
        entry.Block = Allocate(key.Bytes.Length + valueLength);
        entry.Hash = (uint)key.Hash;
        entry.KeyLength = key.Bytes.Length;
        entry.ValueLength = entry.Capacity = valueLength;
        key.Bytes.CopyTo(new Span<byte>(entry.Block, entry.KeyLength));
        Link(index);
        MemoryBytes += BlockBytes(in entry);
        return index;
    }

    /// <summary>
    /// Gives the entry room for <paramref name="length"/> bytes of value and makes that its length. What was in front
    /// is kept. Memory is reused unless it is too small, or much too large.
    /// </summary>
    /// <param name="index">The entry.</param>
    /// <param name="length">The value's new length.</param>
    /// <param name="slack">More room to take when it must be moved, for a value that keeps growing.</param>
    public void Resize(int index, int length, int slack = 0)
    {
        ref Entry entry = ref _entries[index];
        bool wasteful = entry.Capacity > 64 && length < entry.Capacity / 2;
        if (length > entry.Capacity || wasteful)
        {
            MemoryBytes -= BlockBytes(in entry);
            int capacity = (int)Math.Min((long)length + slack, Array.MaxLength - entry.KeyLength);
            entry.Block = (byte*)NativeMemory.Realloc(entry.Block, (nuint)(entry.KeyLength + capacity));
            entry.Capacity = capacity;
            MemoryBytes += BlockBytes(in entry);
        }

        entry.ValueLength = length;
    }

    public void SetExpiry(int index, long expiresAt)
    {
        ref long current = ref _entries[index].ExpiresAt;
        ExpiringCount += (expiresAt != 0 ? 1 : 0) - (current != 0 ? 1 : 0);
        current = expiresAt;
    }

    /// <summary>Removes an entry; the last one takes its place.</summary>
    public void RemoveAt(int index)
    {
        Debug.Assert(Gate.IsHeldByCurrentThread, "a shard is used without its lock");
        SetExpiry(index, 0);
        Unlink(index);
        MemoryBytes -= BlockBytes(in _entries[index]);
        NativeMemory.Free(_entries[index].Block);

        int last = --Count;
        if (index != last)
        {
            Unlink(last);
            _entries[index] = _entries[last];
            Link(index);
        }

        _entries[last] = default;
    }

    /// <summary>Removes everything and gives the table back.</summary>
    public void Clear()
    {
        for (int i = 0; i < Count; i++)
            NativeMemory.Free(_entries[i].Block);
        _buckets = NewBuckets(InitialCapacity);
        _entries = new Entry[InitialCapacity];
        Count = ExpiringCount = ExpiryCursor = 0;
        MemoryBytes = TableBytes(InitialCapacity);
    }

    public void Dispose()
    {
        lock (Gate)
            Clear();
    }

    private static byte* Allocate(int size) => (byte*)NativeMemory.Alloc((nuint)Math.Max(size, 1));

    private static long BlockBytes(in Entry entry) => entry.KeyLength + entry.Capacity + BlockOverhead;

    private static long TableBytes(int capacity) => (long)capacity * (sizeof(Entry) + sizeof(int));

    private static int[] NewBuckets(int length)
    {
        Debug.Assert(BitOperations.IsPow2(length), "buckets are chosen by masking");
        var buckets = new int[length];
        Array.Fill(buckets, -1);
        return buckets;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref int BucketOf(uint hash) => ref _buckets[hash & (uint)(_buckets.Length - 1)];

    private void Link(int index)
    {
        ref Entry entry = ref _entries[index];
        ref int bucket = ref BucketOf(entry.Hash);
        entry.Next = bucket;
        bucket = index;
    }

    private void Unlink(int index)
    {
        ref int link = ref BucketOf(_entries[index].Hash);
        while (link != index)
            link = ref _entries[link].Next;
        link = _entries[index].Next;
    }

    private void Grow()
    {
        int capacity = _entries.Length * 2;
        Array.Resize(ref _entries, capacity);
        _buckets = NewBuckets(capacity);
        for (int i = 0; i < Count; i++)
            Link(i);
        MemoryBytes += TableBytes(capacity) - TableBytes(capacity / 2);
    }
}
