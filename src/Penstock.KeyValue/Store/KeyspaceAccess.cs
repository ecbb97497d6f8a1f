using System.Runtime.CompilerServices;
using Penstock.KeyValue.Durability;

namespace Penstock.KeyValue.Store;

/// <summary>
/// One loop's way to the keyspace: what it changes is noted for the log and breaks the transactions that watch it, and
/// what has expired does not exist. The caller holds the locks of the keys' shards.
/// </summary>
internal sealed class KeyspaceAccess(Keyspace keyspace, LogRecordBuilder? journal)
{
    public Keyspace Keyspace => keyspace;

    /// <summary>Unix time in milliseconds; set once for a batch of commands, which all happen at that time.</summary>
    public long Now { get; set; }

    /// <summary>Changes made through this access since the start.</summary>
    public long Changes { get; private set; }

    /// <summary>Keys that this access found expired.</summary>
    public long ExpiredKeys { get; private set; }

    /// <summary>The entry of a key that exists; a null reference otherwise.</summary>
    public ref Entry Find(StoreKey key)
    {
        Shard shard = keyspace.ShardOf(key);
        int index = Locate(shard, key);
        if (index < 0)
            return ref Unsafe.NullRef<Entry>();
        ref Entry entry = ref shard[index];
        entry.UsedAt = CoarseTime(Now);
        return ref entry;
    }

    public bool Exists(StoreKey key) => !Unsafe.IsNullRef(ref Find(key));

    /// <summary>Gives a key a value, whether it exists or not.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value; must not be a part of this key's own entry.</param>
    /// <param name="expiresAt">Unix time in milliseconds, or 0 for never.</param>
    public void Set(StoreKey key, ReadOnlySpan<byte> value, long expiresAt = 0)
    {
        Shard shard = keyspace.ShardOf(key);
        int index = shard.Find(key);
        if (index < 0)
            index = shard.Add(key, value.Length);
        else
            shard.Resize(index, value.Length);

        ref Entry entry = ref shard[index];
        value.CopyTo(entry.Room);
        entry.UsedAt = CoarseTime(Now);
        if (entry.ExpiresAt != expiresAt)
            shard.SetExpiry(index, expiresAt);
        journal?.Set(key.Bytes, value, expiresAt);
        Changed(shard, key.Bytes);
    }

    /// <summary>
    /// Writes into a value at an offset, with zeros in any gap before it; makes the key when it does not exist. Returns
    /// the value's length.
    /// </summary>
    public int Write(StoreKey key, int offset, ReadOnlySpan<byte> bytes)
    {
        Shard shard = keyspace.ShardOf(key);
        int index = Locate(shard, key);
        int oldLength = index < 0 ? 0 : shard[index].ValueLength;
        int length = Math.Max(oldLength, offset + bytes.Length);
        if (index < 0)
            index = shard.Add(key, length);
        else
            shard.Resize(index, length, slack: length);

        ref Entry entry = ref shard[index];
        if (offset > oldLength)
            entry.Room[oldLength..offset].Clear();
        bytes.CopyTo(entry.Room[offset..]);
        entry.UsedAt = CoarseTime(Now);
        if (oldLength == 0)
            journal?.Set(key.Bytes, entry.Value, entry.ExpiresAt);
        else
            journal?.Write(key.Bytes, offset, bytes);
        Changed(shard, key.Bytes);
        return length;
    }

    public bool Remove(StoreKey key)
    {
        Shard shard = keyspace.ShardOf(key);
        int index = Locate(shard, key);
        if (index < 0)
            return false;
        shard.RemoveAt(index);
        journal?.Delete(key.Bytes);
        Changed(shard, key.Bytes);
        return true;
    }

    /// <summary>Sets when an existing key ends; a time that has passed ends it now.</summary>
    /// <param name="key">A key that exists.</param>
    /// <param name="expiresAt">Unix time in milliseconds, or 0 for never.</param>
    public void SetExpiry(StoreKey key, long expiresAt)
    {
        if (expiresAt != 0 && expiresAt <= Now)
        {
            Remove(key);
            return;
        }

        Shard shard = keyspace.ShardOf(key);
        shard.SetExpiry(shard.Find(key), expiresAt);
        journal?.Expire(key.Bytes, expiresAt);
        Changed(shard, key.Bytes);
    }

    /// <summary>Removes every key. Needs every lock.</summary>
    public void Clear()
    {
        foreach (Shard shard in keyspace.Shards)
        {
            shard.Watches.TouchAll(key => shard.Find(keyspace.KeyOf(key)) >= 0);
            shard.Clear();
        }

        journal?.Clear();
        Changes++;
    }

    /// <summary>Removes an entry that memory is taken from.</summary>
    public void Evict(Shard shard, int index)
    {
        ReadOnlySpan<byte> key = shard[index].Key;
        journal?.Delete(key);
        shard.Watches.Touch(key);
        shard.RemoveAt(index);
    }

    /// <summary>
    /// Removes an entry if its time is over, and another one takes its place; returns whether it did. The log must
    /// know: by the clock of another day the time may be yet to come, and a key that somebody was told is gone would be
    /// back.
    /// </summary>
    public bool ExpireIfOver(Shard shard, int index)
    {
        ref Entry entry = ref shard[index];
        if (!entry.IsExpired(Now))
            return false;
        journal?.Delete(entry.Key);
        shard.Watches.Touch(entry.Key);
        shard.RemoveAt(index);
        ExpiredKeys++;
        return true;
    }

    /// <summary>A clock whose steps are about a second, for the order in which keys were used.</summary>
    public static uint CoarseTime(long now) => (uint)(now >> 10);

    private int Locate(Shard shard, StoreKey key)
    {
        int index = shard.Find(key);
        return index >= 0 && ExpireIfOver(shard, index) ? -1 : index;
    }

    private void Changed(Shard shard, ReadOnlySpan<byte> key)
    {
        Changes++;
        shard.Watches.Touch(key);
    }
}
