namespace Penstock.KeyValue.Store;

/// <summary>
/// Makes room when the keys take more memory than they may: of a few keys chosen at random, the one that was not used
/// for longest goes. Approximated as Redis does it, because a true order would cost two links per key and a write per
/// read.
/// </summary>
internal sealed class Evictor(KeyValueLoop loop)
{
    private const int Samples = 8;
    private const int ShardsAsked = 3;

    /// <summary>
    /// Keys removed before one command; if that is not enough it is refused, so that the loop goes on.
    /// </summary>
    private const int MaxPerCommand = 128;

    private uint _state = (uint)(loop.Context.Index + 1) * 0x9E37_79B9;

    /// <summary>Removes keys until memory is below the limit. Called with no lock held, or with the only one.</summary>
    /// <returns>Whether it is.</returns>
    public bool MakeRoom(long limit)
    {
        Keyspace keyspace = loop.Database.Keyspace;
        long excess = keyspace.MemoryBytes - limit;
        if (excess < 0 || loop.Database.Settings.MemoryPolicy == MemoryPolicy.NoEviction)
            return excess < 0;
        for (int i = 0; i < MaxPerCommand && keyspace.MemoryBytes >= limit; i++)
        {
            if (!EvictOne(keyspace))
                break;
        }

        return keyspace.MemoryBytes < limit;
    }

    /// <summary>A number for choosing keys: quick and good enough for that.</summary>
    public uint NextRandom()
    {
        // Marsaglia's xorshift with 32 bits.
        _state ^= _state << 13;
        _state ^= _state >> 17;
        _state ^= _state << 5;
        return _state;
    }

    /// <summary>
    /// Asks some shards for the oldest of a few keys, and takes it from the one that had the oldest. A single shard of
    /// a small store has too few keys to choose from.
    /// </summary>
    private bool EvictOne(Keyspace keyspace)
    {
        Shard? oldest = null;
        long oldestAge = -1;
        for (int i = 0, tried = 0; i < ShardsAsked && tried < Keyspace.ShardCount; tried++)
        {
            Shard shard = keyspace.Shards[NextRandom() % Keyspace.ShardCount];
            lock (shard.Gate)
            {
                if (shard.Count == 0)
                    continue;
                i++;
                long age = AgeOf(shard, ChooseOldest(shard));
                if (age > oldestAge)
                    (oldest, oldestAge) = (shard, age);
            }
        }

        return oldest is not null && EvictFrom(oldest);
    }

    private bool EvictFrom(Shard shard)
    {
        lock (shard.Gate)
        {
            if (shard.Count == 0)
                return false;
            loop.Keys.Evict(shard, ChooseOldest(shard));
            loop.Commit();
            loop.Counters.EvictedKeys++;
            return true;
        }
    }

    private int ChooseOldest(Shard shard)
    {
        int oldest = 0;
        uint oldestAge = 0;
        for (int i = 0; i < Samples; i++)
        {
            int index = (int)(NextRandom() % (uint)shard.Count);
            uint age = AgeOf(shard, index);
            if (i != 0 && age <= oldestAge)
                continue;
            oldest = index;
            oldestAge = age;
        }

        return oldest;
    }

    private uint AgeOf(Shard shard, int index) => KeyspaceAccess.CoarseTime(loop.Keys.Now) - shard[index].UsedAt;
}
